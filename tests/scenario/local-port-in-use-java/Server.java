// SPDX-License-Identifier: MIT
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;

public class Server {
    public static void main(String[] args) throws Exception {
        try {
            new ServerSocket(8080, 50, InetAddress.getByName("127.0.0.1")).close();
        } catch (BindException e) {
            System.exit(3);
        }
    }
}
