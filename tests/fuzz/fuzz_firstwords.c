/* SPDX-License-Identifier: MIT
 * The first bytes of connections: what is quoted lies in them, and verdicts come of something. */
#include "fuzz.h"

#include "base/firstwords.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct wr_first_bytes first = {.out_len = 0};
    struct wr_first_words words;

    first.last_in_eof = take(&in) % 2 == 1;
    first.out_len = (uint16_t)take_bytes(&in, (char *)first.out, WR_FIRST_OUT);
    first.in_len = (uint16_t)take_bytes(&in, (char *)first.in, WR_FIRST_IN);
    wr_first_words_read(&first, &words);
    PROMISE(words.text_at + words.text_len <= first.in_len);
    PROMISE(memchr(words.code, '\0', sizeof(words.code)) != NULL);
    PROMISE(!words.other_protocol || (words.sent != words.heard && words.sent != WR_SPEECH_NONE));
    PROMISE(!(words.denial && words.other_protocol));
    PROMISE(first.in_len > 0 || !(words.denial || words.other_protocol));
    PROMISE(wr_first_bytes_say_no(&first) == (words.denial || words.other_protocol));
    return 0;
}
