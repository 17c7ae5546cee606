/* SPDX-License-Identifier: MIT
 * The numbers of facts such as argument_fault, misuse and port_owner_relation. Set by probe/, read
 * by diagnose/, whose templates spell them as numbers; they are part of the report, so never
 * reused.
 */
#ifndef WHYREFUSED_FAULTS_H
#define WHYREFUSED_FAULTS_H

/* What is wrong with the arguments of a call. */
enum wr_argument_fault {
    WR_ARGUMENT_POINTER = 1,          /* the address pointer cannot be read */
    WR_ARGUMENT_SHORT = 2,            /* length below what the family needs */
    WR_ARGUMENT_LONG = 3,             /* length above sizeof(struct sockaddr_storage) */
    WR_ARGUMENT_FAMILY = 4,           /* address of another family than the socket */
    WR_ARGUMENT_FAMILY_UNSET = 5,     /* family 0 */
    WR_ARGUMENT_FAMILY_SWAPPED = 6,   /* the family went through htons() */
    WR_ARGUMENT_SCOPE_MISSING = 7,    /* link-local IPv6 without an interface */
    WR_ARGUMENT_SCOPE_UNKNOWN = 8,    /* ... with the index of no interface */
    WR_ARGUMENT_MULTICAST = 9,        /* a stream to a multicast group */
    WR_ARGUMENT_BROADCAST = 10,       /* a stream to a broadcast address */
    WR_ARGUMENT_MAPPED_V6ONLY = 11,   /* v4-mapped address, IPV6_V6ONLY socket */
    WR_ARGUMENT_MAPPED_BOUND_V6 = 12, /* v4-mapped address, socket bound to an IPv6 one */
    WR_ARGUMENT_NEGATIVE = 13,        /* negative length */
    WR_ARGUMENT_SCOPE_LOOPBACK = 14,  /* link-local IPv6 with the loopback interface */
    WR_ARGUMENT_BROADCAST_UNSET = 15, /* a datagram to a broadcast address, SO_BROADCAST not set */
};

/* The call does not fit what the descriptor is or what was done with it. */
enum wr_misuse {
    WR_MISUSE_CONNECTED = 1,        /* connect() on a connected socket */
    WR_MISUSE_PENDING = 2,          /* connect() while one is under way */
    WR_MISUSE_LISTENING = 3,        /* connect() on a listening socket */
    WR_MISUSE_NOT_SOCKET = 4,       /* the descriptor is something else */
    WR_MISUSE_CLOSED = 5,           /* the descriptor is not open */
    WR_MISUSE_NEGATIVE = 6,         /* the descriptor is a negative number */
    WR_MISUSE_BOUND = 7,            /* bind() on a socket that has an address */
    WR_MISUSE_LISTEN_CONNECTED = 8, /* listen() on a connected socket */
    WR_MISUSE_LISTEN_TYPE = 9,      /* listen() on a type that takes no connections */
    WR_MISUSE_LISTEN_UNBOUND = 10,  /* listen() on a unix socket without a name */
    WR_MISUSE_AFTER_FAILURE = 11,   /* connect() once more after one that failed */
    WR_MISUSE_ACCEPT_DEAF = 12,     /* accept() on a socket that does not listen */
    WR_MISUSE_ACCEPT_TYPE = 13,     /* accept() on a type that takes no connections */
};

/* Why the socket that was found keeps the wanted local address from others. */
enum wr_port_owner_relation {
    WR_OWNER_SAME = 1,       /* it has the very address */
    WR_OWNER_WILDCARD = 2,   /* it has every address of the family */
    WR_OWNER_SPECIFIC = 3,   /* the wildcard was asked for; it has one address */
    WR_OWNER_DUAL_STACK = 4, /* it is IPv6 and takes IPv4, too; IPv4 was asked for */
    WR_OWNER_IPV4 = 5,       /* it is IPv4; an IPv6 wildcard that takes IPv4 was asked for */
    WR_OWNER_CONNECTION = 6, /* it has the same local and remote address and port */
};

/* Who has the path or abstract name that was to be bound. */
enum wr_path_state {
    WR_PATH_HELD = 1,       /* a socket that is open */
    WR_PATH_STALE = 2,      /* nobody: a socket file was left behind */
    WR_PATH_NOT_SOCKET = 3, /* the path is something else */
};

/* What a peer that turned the connection down has in mind, as far as advice on it differs. */
enum wr_denial_advice {
    WR_DENIAL_OTHER = 0,
    WR_DENIAL_LIMIT = 1,           /* too many connections */
    WR_DENIAL_STARTING = 2,        /* it starts up or shuts down */
    WR_DENIAL_ENCRYPTION = 3,      /* it takes encrypted connections only */
    WR_DENIAL_MYSQL_HOST = 4,      /* no account for this client's address */
    WR_DENIAL_MYSQL_BLOCKED = 5,   /* too many broken connections from this client's address */
    WR_DENIAL_PG_HBA = 6,          /* pg_hba.conf has no line for it */
    WR_DENIAL_REDIS_PROTECTED = 7, /* protected mode */
    WR_DENIAL_SSH_STARTUPS = 8,    /* too many logins under way */
    WR_DENIAL_PROXY_LOGIN = 9,     /* the proxy wants a user name and password */
    WR_DENIAL_PROXY_RULES = 10,    /* the proxy does not lead there */
    WR_DENIAL_PROXY_ONWARD = 11,   /* the proxy did not reach it */
};

/* What to do where two protocols met. */
enum wr_mismatch_advice {
    WR_MISMATCH_OTHER = 1,
    WR_MISMATCH_USE_HTTPS = 2,
    WR_MISMATCH_USE_HTTP = 3,
    WR_MISMATCH_STARTTLS = 4, /* TLS was begun where the peer speaks first, or plainly */
};

/* What kind of program passes the connections on that it takes. */
enum wr_forwarder {
    WR_FORWARDER_CONTAINER = 1, /* to a container, whose port it publishes */
    WR_FORWARDER_TUNNEL = 2,    /* through ssh */
    WR_FORWARDER_KUBECTL = 3,   /* to a pod */
    WR_FORWARDER_RELAY = 4,     /* to another server */
};

/* What a nameserver says to our own question: dns_outcome. */
enum wr_dns_outcome {
    WR_NS_NXDOMAIN = 1,     /* there is no such name */
    WR_NS_NODATA = 2,       /* there is, but without a record of the type */
    WR_NS_ANSWER = 3,       /* with records of the type */
    WR_NS_SERVFAIL = 4,     /* it could not find out */
    WR_NS_REFUSED = 5,      /* it does not want to */
    WR_NS_NOTIMP = 6,       /* it does not do that */
    WR_NS_FORMERR = 7,      /* it did not understand the question */
    WR_NS_CODE = 8,         /* another response code */
    WR_NS_SILENT = 9,       /* nothing came back in time */
    WR_NS_PORT_CLOSED = 10, /* port unreachable */
    WR_NS_UNREACHABLE = 11, /* no way to it, by this machine's word or that of one on the way */
    WR_NS_DENIED = 12,      /* this machine's own filter did not let the question out */
    WR_NS_TRUNCATED = 13,   /* the answer does not fit into a datagram */
    WR_NS_GARBAGE = 14      /* something came back that is no answer to the question */
};

/* What ended a TLS handshake: tls_failure. Of several the one that the library or the wire names.
 */
enum wr_tls_failure {
    WR_TLS_VERIFY = 1,        /* this side did not accept the peer's certificate: tls_verify */
    WR_TLS_ALERT = 2,         /* the peer sent an alert: tls_alert */
    WR_TLS_NOT_TLS = 3,       /* the peer's first bytes are no TLS record */
    WR_TLS_EOF = 4,           /* the peer closed */
    WR_TLS_RESET = 5,         /* ECONNRESET, EPIPE */
    WR_TLS_STALLED = 6,       /* the program gave up waiting for the peer */
    WR_TLS_VERSION = 7,       /* this side found no common protocol version */
    WR_TLS_CIPHER = 8,        /* this side found no common cipher, group or signature algorithm */
    WR_TLS_RENEGOTIATION = 9, /* the peer lacks RFC 5746, and this side insists */
    WR_TLS_WEAK = 10,         /* key, DH parameters or digest below this side's security level */
    WR_TLS_LOCAL = 11,        /* before any byte: own key, certificate, provider, configuration */
    WR_TLS_PROTOCOL = 12,     /* this side could not understand the peer, and sent tls_alert */
    WR_TLS_REJECTED = 13,     /* the program ended the connection after the peer's part was done */
    WR_TLS_OTHER = 14
};

/* Why a certificate was not accepted: tls_verify. */
enum wr_tls_verify {
    WR_VERIFY_EXPIRED = 1,
    WR_VERIFY_NOT_YET = 2,
    WR_VERIFY_SELF_SIGNED = 3,       /* the peer's own certificate is self-signed */
    WR_VERIFY_SELF_SIGNED_CHAIN = 4, /* the chain ends in a root that is not trusted */
    WR_VERIFY_ISSUER = 5,            /* the issuer of the last certificate is not known */
    WR_VERIFY_NAME = 6,              /* it is for other names */
    WR_VERIFY_REVOKED = 7,
    WR_VERIFY_PURPOSE = 8, /* not for a server (a client); a CA that may not be one */
    WR_VERIFY_WEAK_KEY = 9,
    WR_VERIFY_WEAK_DIGEST = 10,
    WR_VERIFY_NO_CRL = 11, /* a revocation list or answer was demanded and is not there */
    WR_VERIFY_OTHER = 12
};

/* The place that certificates are trusted from: tls_trust_state. */
enum wr_tls_trust {
    WR_TRUST_USABLE = 1,
    WR_TRUST_MISSING = 2,    /* no such file or directory */
    WR_TRUST_UNREADABLE = 3, /* no permission */
    WR_TRUST_EMPTY = 4       /* holds no certificate */
};

/* How it is with /etc/resolv.conf: resolv_state. */
enum wr_resolv_state {
    WR_RESOLV_READ = 1,       /* it names a server */
    WR_RESOLV_EMPTY = 2,      /* it names none */
    WR_RESOLV_MISSING = 3,    /* no such file */
    WR_RESOLV_DANGLING = 4,   /* a link to a file that is not there */
    WR_RESOLV_UNREADABLE = 5, /* no permission, or it is no file */
};

/* Whose address the first nameserver is: resolv_stub. */
enum wr_resolv_stub {
    WR_STUB_RESOLVED = 1, /* 127.0.0.53, 127.0.0.54: systemd-resolved(8) */
    WR_STUB_DOCKER = 2,   /* 127.0.0.11: in a container on a network of Docker */
    WR_STUB_LOCAL = 3,    /* another on this machine's loopback: dnsmasq, unbound, bind */
};

/* Why something can be no host name: name_fault. */
enum wr_name_fault {
    WR_NAME_FINE = 0,
    WR_NAME_EMPTY = 1,         /* nothing */
    WR_NAME_URL = 2,           /* scheme://... */
    WR_NAME_PORT = 3,          /* host:port */
    WR_NAME_USER = 4,          /* user@host */
    WR_NAME_PATH = 5,          /* host/path */
    WR_NAME_FILE = 6,          /* /path */
    WR_NAME_BLANKS_AROUND = 7, /* blanks or a newline before or behind it */
    WR_NAME_BLANK = 8,         /* blanks or control characters in it */
    WR_NAME_QUOTES = 9,        /* quotes around it */
    WR_NAME_BRACKETS = 10,     /* [address] */
    WR_NAME_LIST = 11,         /* several, with commas or semicolons */
    WR_NAME_PLACEHOLDER = 12,  /* ${HOST}, {{ host }}, <host>: nobody put the value in */
    WR_NAME_WORD = 13,         /* undefined, null, None */
    WR_NAME_NETWORK = 14,      /* address/length */
    WR_NAME_NUMBER = 15,       /* digits and dots that are no IPv4 address */
    WR_NAME_IPV6 = 16,         /* colons that are no IPv6 address */
    WR_NAME_SCOPE = 17,        /* address%interface, where there is no such interface */
    WR_NAME_CHARACTER = 18,    /* a character that no host name has */
    WR_NAME_NOT_ASCII = 19,    /* a name of another script, not in its ASCII form */
    WR_NAME_EMPTY_LABEL = 20,  /* two dots with nothing between, or one at the beginning */
    WR_NAME_LABEL_LONG = 21,   /* a part of more than 63 bytes */
    WR_NAME_LONG = 22          /* more than 253 bytes */
};

/* Why the hints of a lookup kept it from an answer: hint_fault. */
enum wr_hint_fault {
    WR_HINT_LITERAL = 1,      /* an address of one family was given, the other asked for */
    WR_HINT_NUMERIC = 2,      /* AI_NUMERICHOST, and what was given is no address */
    WR_HINT_ADDRCONFIG = 3,   /* AI_ADDRCONFIG, and no address of the family but loopback */
    WR_HINT_FAMILY = 4,       /* EAI_FAMILY */
    WR_HINT_SOCKTYPE = 5,     /* EAI_SOCKTYPE */
    WR_HINT_FLAGS = 6,        /* EAI_BADFLAGS */
    WR_HINT_HOSTS_FAMILY = 7, /* the hosts file has the name, with addresses of the other only */
};

/* What came of one more request to connect to an address of this machine: replay_outcome. */
enum wr_replay {
    WR_REPLAY_CONNECTED = 1, /* now it is taken */
    WR_REPLAY_RESET = 2,     /* a reset: reset_by_kernel tells whose */
    WR_REPLAY_ICMP = 3,      /* an ICMP error: icmp_type and its kin tell which */
    WR_REPLAY_SILENT = 4,    /* no answer, where one takes microseconds */
    WR_REPLAY_ERROR = 5      /* connect() itself failed at once */
};

/* What comes back from the port when it is asked hop by hop: path_answer. */
enum wr_path_answer {
    WR_PATH_ACCEPTED = 1, /* SYN-ACK: it works now */
    WR_PATH_RESET = 2,
    WR_PATH_ICMP = 3, /* icmp_type and its kin tell which */
    WR_PATH_SILENT = 4,
    WR_PATH_ERROR = 5 /* connect() itself failed at once */
};

/* What an address is that stands for "blocked": origin_sinkhole. */
enum wr_sinkhole {
    WR_SINKHOLE_ANY = 1,      /* 0.0.0.0, :: */
    WR_SINKHOLE_LOOPBACK = 2, /* 127.0.0.0/8, ::1 */
    WR_SINKHOLE_UMBRELLA = 3, /* the block page of Cisco Umbrella and OpenDNS */
};

#endif
