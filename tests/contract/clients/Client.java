// SPDX-License-Identifier: MIT
// java Client.java HOW ADDRESS PORT: the ways of Java's library to connect.
import java.net.*;
import java.net.http.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.time.Duration;

public class Client {
    public static void main(String[] arguments) {
        var to = new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2]));
        try {
            connect(arguments[0], to);
            System.out.println("connected");
        } catch (Exception failed) {
            System.out.println(failed.getClass().getName());
        }
        System.exit(3);
    }

    static void connect(String how, InetSocketAddress to) throws Exception {
        switch (how) {
        case "Socket":
            try (var socket = new Socket()) {
                socket.connect(to, 1000);
            }
            break;
        case "HttpClient":
            var url = URI.create("http://" + to.getHostString() + ":" + to.getPort() + "/");
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(1)).build()
                .send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.discarding());
            break;
        case "NIO":
            try (var channel = SocketChannel.open(); var selector = Selector.open()) {
                channel.configureBlocking(false);
                if (!channel.connect(to)) {
                    channel.register(selector, SelectionKey.OP_CONNECT);
                    if (selector.select(1000) == 0)
                        throw new SocketTimeoutException();
                    channel.finishConnect();
                }
            }
            break;
        default:
            try (var socket = new DatagramSocket()) {
                socket.connect(to);
                socket.setSoTimeout(1000);
                socket.send(new DatagramPacket(new byte[] {'x'}, 1));
                socket.receive(new DatagramPacket(new byte[1], 1));
            }
        }
    }
}
