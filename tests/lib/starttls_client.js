// SPDX-License-Identifier: MIT
// What is said before TLS, and TLS that no hook of a library sees: starttls_client.js postgres|smtp|imap ADDRESS PORT
// Exits with 3 where the handshake fails.
const net = require("net"), tls = require("tls");
const [kind, host, port] = process.argv.slice(2);
// What is waited for, and what is said then.
const steps = {
    postgres: [[null, Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])], [/^S$/, null]],
    smtp: [[/^220 .*\n$/s, "EHLO a.test\r\n"], [/^250 .*\n$/ms, "STARTTLS\r\n"], [/^220 .*\n$/s, null]],
    imap: [[/^\* OK .*\n$/s, "a STARTTLS\r\n"], [/^a OK .*\n$/ms, null]],
}[kind];
const socket = net.connect(port, host);
let heard = "";

function step() {
    if (steps[0][0] !== null && !steps[0][0].test(heard))
        return;
    heard = "";
    const words = steps.shift()[1];
    if (words !== null) {
        socket.write(words);
        if (steps[0][0] === null)
            step();
        return;
    }
    socket.removeAllListeners("data");
    tls.connect({socket, servername: "db.test"}, () => process.exit(0)).on("error", () => process.exit(3));
}
socket.on("connect", () => steps[0][0] === null && step());
socket.on("data", (data) => {
    heard += data;
    step();
});
