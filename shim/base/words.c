/* SPDX-License-Identifier: MIT
 * See words.h. */
#include "base/words.h"

#include <netdb.h>
#include <stddef.h>

static const char *const calls[WR_CALLS] = {
    [WR_CALL_SOCKET] = "socket",
    [WR_CALL_BIND] = "bind",
    [WR_CALL_LISTEN] = "listen",
    [WR_CALL_CONNECT] = "connect",
    [WR_CALL_ACCEPT] = "accept",
    [WR_CALL_SEND] = "send",
    [WR_CALL_RECV] = "recv",
    [WR_CALL_LOOKUP] = "getaddrinfo",
    [WR_CALL_HANDSHAKE] = "tls-handshake",
};

static const char *const doors[WR_DOORS] = {
    [WR_DOOR_CALL] = "call",         [WR_DOOR_SO_ERROR] = "so-error", [WR_DOOR_AGAIN] = "connect",
    [WR_DOOR_SEND] = "send",         [WR_DOOR_RECV] = "recv",         [WR_DOOR_CLOSE] = "close",
    [WR_DOOR_SHUTDOWN] = "shutdown", [WR_DOOR_REPLACED] = "dup2",     [WR_DOOR_EXIT] = "exit",
};

static const char *const outcomes[WR_OUTCOMES] = {
    [WR_OUTCOME_ERROR] = "error",     [WR_OUTCOME_GAVE_UP] = "gave-up",
    [WR_OUTCOME_CLOSED] = "closed",   [WR_OUTCOME_ANSWERED] = "answered",
    [WR_OUTCOME_SELF] = "self",       [WR_OUTCOME_RECOVERED] = "recovered",
    [WR_OUTCOME_STALLED] = "stalled", [WR_OUTCOME_LOST] = "lost",
};

const char *wr_call_word(enum wr_call call)
{
    return call < WR_CALLS ? calls[call] : "call";
}

const char *wr_door_word(enum wr_door door)
{
    return door < WR_DOORS ? doors[door] : "call";
}

const char *wr_outcome_word(enum wr_outcome outcome)
{
    return outcome < WR_OUTCOMES ? outcomes[outcome] : "error";
}

static const struct {
    int result;
    const char *name, *text;
} eais[] = {
#define ROW(name, text)   \
    {                     \
        name, #name, text \
    }
    ROW(EAI_BADFLAGS, "Bad value for ai_flags"),
    ROW(EAI_NONAME, "Name or service not known"),
    ROW(EAI_AGAIN, "Temporary failure in name resolution"),
    ROW(EAI_FAIL, "Non-recoverable failure in name resolution"),
    ROW(EAI_NODATA, "No address associated with hostname"),
    ROW(EAI_FAMILY, "ai_family not supported"),
    ROW(EAI_SOCKTYPE, "ai_socktype not supported"),
    ROW(EAI_SERVICE, "Servname not supported for ai_socktype"),
    ROW(EAI_ADDRFAMILY, "Address family for hostname not supported"),
    ROW(EAI_MEMORY, "Memory allocation failure"),
    ROW(EAI_SYSTEM, "System error"),
    ROW(EAI_OVERFLOW, "Result too large for supplied buffer"),
    ROW(EAI_CANCELED, "Request canceled"),
    ROW(EAI_INTR, "Interrupted by a signal"),
    ROW(EAI_IDN_ENCODE, "Parameter string not correctly encoded"),
#undef ROW
};

static long find_eai(int result)
{
    for (size_t i = 0; i < sizeof(eais) / sizeof(eais[0]); i++) {
        if (eais[i].result == result)
            return (long)i;
    }
    return -1;
}

const char *wr_eai_name(int result)
{
    long row = find_eai(result);

    return row >= 0 ? eais[row].name : NULL;
}

const char *wr_eai_text(int result)
{
    long row = find_eai(result);

    return row >= 0 ? eais[row].text : NULL;
}

const char *wr_dns_outcome_word(unsigned outcome)
{
    static const char *const words[] = {"",
                                        "NXDOMAIN",
                                        "no such record",
                                        "an answer",
                                        "SERVFAIL",
                                        "REFUSED",
                                        "NOTIMP",
                                        "FORMERR",
                                        "another error",
                                        "no answer",
                                        "port 53 closed",
                                        "unreachable",
                                        "not let out",
                                        "answer too long for UDP",
                                        "no valid answer"};

    return outcome < sizeof(words) / sizeof(words[0]) ? words[outcome] : "";
}
