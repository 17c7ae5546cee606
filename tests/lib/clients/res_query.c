/* SPDX-License-Identifier: MIT
 * res_query NAME TYPE: its exit status is h_errno. */
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    unsigned char answer[4096];
    int len;

    if (argc < 3)
        return 64;
    len = argc > 3 ? res_search(argv[1], C_IN, atoi(argv[2]), answer, sizeof(answer))
                   : res_query(argv[1], C_IN, atoi(argv[2]), answer, sizeof(answer));
    printf("%s\n", len < 0 ? hstrerror(h_errno) : "found");
    return len < 0;
}
