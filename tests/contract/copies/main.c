/* SPDX-License-Identifier: MIT
 * usage: main (LIBRARY FUNCTION)...: opens each where nobody else sees it, then calls twice all
 * of their functions; closes them, and begins again in the other order. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    for (int turn = 0; turn < 2; turn++) {
        void *handle[8] = {0};
        int pairs = (argc - 1) / 2;

        for (int i = 0; i < pairs && i < 8; i++) {
            int at = turn == 0 ? i : pairs - 1 - i;

            handle[at] = dlopen(argv[1 + 2 * at], RTLD_LAZY | RTLD_LOCAL);
            if (handle[at] == NULL)
                printf("%s\n", dlerror());
        }
        for (int i = 0; i < 2 * pairs && i < 16; i++) {
            int (*shake)(void) = (int (*)(void))dlsym(handle[i % pairs], argv[2 + 2 * (i % pairs)]);

            printf("%s: %d\n", argv[2 + 2 * (i % pairs)], shake != NULL ? shake() : 0);
            fflush(stdout);
        }
        for (int i = 0; i < pairs && i < 8; i++)
            dlclose(handle[i]);
    }
    return 0;
}
