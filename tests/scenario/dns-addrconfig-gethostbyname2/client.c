/* SPDX-License-Identifier: MIT
 * Asks for an address of one family, in the other. */
#include <netdb.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    return gethostbyname2(argv[2], argv[1][0] == '4' ? AF_INET6 : AF_INET) == 0 ? 3 : 0;
}
