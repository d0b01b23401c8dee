// node ws.js PORT: rooms as one writes them with the package ws.
const http = require('http');
const { WebSocketServer } = require('ws');

const server = http.createServer((request, response) => response.end('ok'));
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
const members = new Set();

function publish(data, binary) {
  for (const member of members) if (member.readyState === 1) member.send(data, { binary });
}

server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, (client) => {
  client.on('error', () => {});
  if (request.url.startsWith('/sub')) {
    members.add(client);
    client.on('close', () => members.delete(client));
  } else if (request.url.startsWith('/pub')) {
    client.on('message', publish);
  } else {
    client.on('message', (data, binary) => client.send(data, { binary }));
  }
}));
server.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4096 });
