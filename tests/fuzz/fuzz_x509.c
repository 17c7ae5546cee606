/* SPDX-License-Identifier: MIT
 * Certificates of the peer: whatever the bytes are, what is said of them stays within bounds. */
#include "fuzz.h"

#include "base/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct wr_x509 certificate;
    struct wr_span url;
    char text[400], name[64];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    name[take_bytes(&in, name, sizeof(name) - 1)] = '\0';
    if (!wr_x509_read(in.data, in.left, &certificate))
        return 0;
    wr_x509_put_name(&buf, certificate.subject);
    wr_x509_put_name(&buf, certificate.issuer);
    wr_x509_put_names(&buf, &certificate, 8);
    wr_x509_put_key(&buf, &certificate);
    wr_x509_put_use(&buf, &certificate);
    wr_x509_put_date(&buf, certificate.not_before);
    wr_x509_put_date(&buf, certificate.not_after);
    wr_x509_digest(&certificate);
    url = wr_x509_issuer_url(&certificate);
    PROMISE(url.at == NULL || (url.at >= in.data && url.at + url.len <= in.data + in.left));
    PROMISE(buf.len <= sizeof(text));
    if (wr_x509_is_for(&certificate, name))
        PROMISE(name[0] != '\0');
    return 0;
}
