/** What `--help` prints. */
export const help = `Chorus, a real-time broadcast server.

  chorus [flags]              run the server
  chorus gentoken [flags]     make a token: --user USER, --ttl 1h, --channel CHANNEL, --quiet
  chorus checktoken TOKEN     tell what a token is good for
  chorus backup FILE          copy the history to FILE, and messages and publish log to FILE-push
  chorus renew-epochs         begin new epochs after a disk or a machine was restored

In the source tree write bun run src/main.ts in place of chorus.

  -c, --config FILE    read this JSON, YAML or TOML file (else CHORUS_CONFIG, else config.json if it exists)
  -a, --address ADDR   listen on this address, whatever the file says
  -p, --port PORT      listen on this port, whatever the file says; 0 takes a free one
      --check-config   tell whether the configuration is valid; with --probe also whether the engine works
      --print-config   print the whole configuration, with secrets masked
  -v, --version        print the version
  -h, --help           print this

Every option can be set by a variable as well: http_server.port by CHORUS_HTTP_SERVER_PORT, or by the CENTRIFUGO_
variable of the same name. Later ones win: defaults, file, CENTRIFUGO_, CHORUS_, flags. Without a file
the development profile is run, on a loopback address alone.

Exit codes: 0 all went well, 1 it could not start or had to cut clients off, 2 the command line, 70 a fault of its own,
78 the configuration.`;
