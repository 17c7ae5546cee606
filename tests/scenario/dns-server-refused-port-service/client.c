/* SPDX-License-Identifier: MIT */
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdbool.h>

int main(void)
{
    unsigned char answer[512];
    struct addrinfo *list;
    bool service =
        res_query("_http._tcp.a.example.test", ns_c_in, ns_t_srv, answer, sizeof(answer)) < 0;
    bool name = getaddrinfo("a.example.test", "80", 0, &list) == EAI_AGAIN;

    return service + name;
}
