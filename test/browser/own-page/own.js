const socket = new WebSocket(`ws://${location.host}/ws`);
socket.binaryType = "arraybuffer";

const show = (line) => {
  const item = document.createElement("li");
  item.textContent = line;
  document.querySelector("#received").append(item);
};

socket.onopen = () => {
  document.querySelector("#state").textContent = "open";
};

socket.onmessage = ({ data }) => {
  if (typeof data === "string") {
    show(`text: ${data}`);
    return;
  }
  const nameLength = new DataView(data).getUint16(0, true);
  const name = new TextDecoder().decode(data.slice(2, 2 + nameLength));
  const content = new Uint8Array(data.slice(2 + nameLength));
  show(`file: ${name}, ${content.length} bytes, sum ${content.reduce((sum, byte) => (sum + byte) % 65521, 0)}`);
};

document.querySelector("#text").onchange = ({ target }) => socket.send(target.value);

document.querySelector("#file").onchange = async ({ target }) => {
  const [file] = target.files;
  const name = new TextEncoder().encode(file.name);
  const header = new DataView(new ArrayBuffer(2));
  header.setUint16(0, name.length, true);
  // A Blob is put together without a copy, and a WebSocket sends it as one binary frame.
  socket.send(new Blob([header, name, file]));
};
