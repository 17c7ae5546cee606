# SPDX-License-Identifier: MIT
# Certificates and TLS servers for the scenarios that fail in a handshake: . "$files/tls.bash"
# Described in tests/README.md. Everything is made anew in $tls; dates are relative to now.
# shellcheck shell=bash disable=SC2034,SC2154
tls=/run/tls
mkdir -p "$tls/new"
: >"$tls/index.txt"
echo 1000 >"$tls/serial"
echo 01 >"$tls/crlnumber"
cat >"$tls/ca.cnf" <<'END'
[ca]
default_ca = d
[d]
database = /run/tls/index.txt
serial = /run/tls/serial
crlnumber = /run/tls/crlnumber
new_certs_dir = /run/tls/new
policy = p
default_md = sha256
default_crl_days = 30
unique_subject = no
[p]
commonName = supplied
[req]
distinguished_name = n
prompt = no
[n]
CN = unused
END

# make_key FILE [rsa:BITS]
make_key() {
    case ${2-ec} in
    rsa:*) openssl genrsa -out "$1" "${2#rsa:}" 2>/dev/null ;;
    *) openssl ecparam -name prime256v1 -genkey -noout -out "$1" ;;
    esac
    chmod a+r "$1"
}

# make_root NAME [SUBJECT]: an authority: $tls/NAME.pem, $tls/NAME.key
make_root() {
    make_key "$tls/$1.key"
    openssl req -x509 -config "$tls/ca.cnf" -key "$tls/$1.key" -subj "/CN=${2-Test Root}" -days 30 \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -out "$tls/$1.pem" 2>/dev/null
}

# make_cert NAME ISSUER [key=value...]: $tls/NAME.pem, NAME.key, and NAME.chain.pem with the issuer's
# own behind it. subject=db.test names=DNS:db.test from='-1 hour' to='+30 days' key=ec|rsa:BITS
# digest=sha256 use=serverAuth ca=TRUE|FALSE url=WHERE-THE-ISSUER-IS
make_cert() {
    local name=$1 issuer=$2 subject=db.test names=DNS:db.test from='-1 hour' to='+30 days' key=ec \
        digest=sha256 use=serverAuth ca=FALSE url='' word
    shift 2
    for word in "$@"; do
        local "${word?}"
    done
    make_key "$tls/$name.key" "$key"
    openssl req -new -config "$tls/ca.cnf" -key "$tls/$name.key" -subj "/CN=$subject" \
        -out "$tls/$name.csr"
    {
        echo "basicConstraints = critical,CA:$ca"
        echo "subjectKeyIdentifier = hash"
        echo "authorityKeyIdentifier = keyid"
        if [ "$ca" = FALSE ]; then
            echo "extendedKeyUsage = $use"
            echo "subjectAltName = $names"
        fi
        if [ -n "$url" ]; then echo "authorityInfoAccess = caIssuers;URI:$url"; fi
    } >"$tls/$name.ext"
    openssl ca -batch -notext -config "$tls/ca.cnf" -in "$tls/$name.csr" -cert "$tls/$issuer.pem" \
        -keyfile "$tls/$issuer.key" -extfile "$tls/$name.ext" -md "$digest" \
        -startdate "$(date -u -d "$from" +%Y%m%d%H%M%SZ)" \
        -enddate "$(date -u -d "$to" +%Y%m%d%H%M%SZ)" -out "$tls/$name.pem" 2>"$tls/log" ||
        fail "openssl ca: $(cat "$tls/log")"
    cat "$tls/$name.pem" "$tls/$issuer.pem" >"$tls/$name.chain.pem"
}

# make_self_signed NAME
make_self_signed() {
    make_key "$tls/$1.key"
    openssl req -x509 -config "$tls/ca.cnf" -key "$tls/$1.key" -subj /CN=db.test -days 30 \
        -addext subjectAltName=DNS:db.test -out "$tls/$1.pem" 2>/dev/null
}

# revoke NAME ISSUER: and the list, in $tls/ISSUER.crl
revoke() {
    openssl ca -config "$tls/ca.cnf" -cert "$tls/$2.pem" -keyfile "$tls/$2.key" \
        -revoke "$tls/$1.pem" 2>/dev/null
    openssl ca -config "$tls/ca.cnf" -cert "$tls/$2.pem" -keyfile "$tls/$2.key" -gencrl \
        -out "$tls/$2.crl" 2>/dev/null
}

# name_here NAME...: these names lead to $ip
name_here() {
    {
        printf '127.0.0.1 localhost\n::1 localhost\n'
        for word in "$@"; do printf '%s %s\n' "$ip" "$word"; done
    } >/run/hosts
    mount --bind /run/hosts /etc/hosts
}

listens() {
    grep -qE ":$(printf %04X "$1") [0-9A-F:]+ 0A" /proc/net/tcp /proc/net/tcp6
}

# serve_tls PORT [key=value...]: tls_peer.py at $ip; listens when it returns
serve_tls() {
    local port=$1
    shift
    python3 "$files/tls_peer.py" "$ip" "$port" "$@" &
    listener_pid=$!
    wait_until listens "$port"
}

# serve_openssl PORT [ARGUMENT...]: openssl s_server; a web page for whoever gets in
serve_openssl() {
    local port=$1
    shift
    openssl s_server -accept "$url_ip:$port" -www -quiet "$@" >/dev/null 2>&1 </dev/null &
    listener_pid=$!
    wait_until listens "$port"
}

name_here db.test other.test
