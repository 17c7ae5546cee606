/* SPDX-License-Identifier: MIT
 * See words.h. */
#include "base/words.h"

static const char *const calls[WR_CALLS] = {
    [WR_CALL_SOCKET] = "socket",   [WR_CALL_BIND] = "bind",     [WR_CALL_LISTEN] = "listen",
    [WR_CALL_CONNECT] = "connect", [WR_CALL_ACCEPT] = "accept", [WR_CALL_SEND] = "send",
    [WR_CALL_RECV] = "recv",
};

static const char *const doors[WR_DOORS] = {
    [WR_DOOR_CALL] = "call",         [WR_DOOR_SO_ERROR] = "so-error", [WR_DOOR_AGAIN] = "connect",
    [WR_DOOR_SEND] = "send",         [WR_DOOR_RECV] = "recv",         [WR_DOOR_CLOSE] = "close",
    [WR_DOOR_SHUTDOWN] = "shutdown", [WR_DOOR_REPLACED] = "dup2",     [WR_DOOR_EXIT] = "exit",
};

static const char *const outcomes[WR_OUTCOMES] = {
    [WR_OUTCOME_ERROR] = "error",   [WR_OUTCOME_GAVE_UP] = "gave-up",
    [WR_OUTCOME_CLOSED] = "closed", [WR_OUTCOME_ANSWERED] = "answered",
    [WR_OUTCOME_SELF] = "self",     [WR_OUTCOME_RECOVERED] = "recovered",
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
