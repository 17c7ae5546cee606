// SPDX-License-Identifier: MIT
// node client.js HOW ADDRESS PORT: the ways of Node.js to connect.
const [how, host, port] = process.argv.slice(2);
const url = `http://${host}:${port}/`;
const end = error => {
    console.log(error.code || (error.cause && error.cause.code) || error.name);
    process.exitCode = 3;
};
if (how === 'net') {
    const socket = require('net').connect({host, port}).on('error', end);
    socket.setTimeout(1000, () => socket.destroy(new Error('timeout')));
} else if (how === 'http') {
    const request = require('http').get(url, {timeout: 1000}).on('error', end);
    request.on('timeout', () => request.destroy(new Error('timeout')));
} else if (how === 'fetch') {
    // what loads fetch() itself counts too
    fetch(url, {signal: AbortSignal.timeout(4000)}).catch(end);
} else {
    const socket = require('dgram').createSocket('udp4').on('error', error => { end(error); socket.close(); });
    socket.connect(port, host, () => socket.send('x'));
    setTimeout(() => { try { socket.close(); } catch { } }, 1000).unref();
}
