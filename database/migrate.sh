#!/usr/bin/env bash
# Applies the numbered migrations to a shop's database, each once, in order.
set -euo pipefail

readonly LOCK_KEY=7231908455210118
readonly LOCK_WAIT_S=60
# A change of a live table waits for its lock this long and then steps back, so
# that the queries queueing up behind it are never held for longer.
readonly TABLE_LOCK_TIMEOUT=500ms
readonly TABLE_LOCK_TRIES=120

readonly EXIT_FAILED=1 EXIT_USAGE=2 EXIT_MISSING=3 EXIT_CHANGED=4 EXIT_LOCKED=5

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
directory=$here/migrations
dry_run=false
init=false
url=${DATABASE_URL:-}

usage() {
    cat <<'TEXT'
usage: migrate.sh [options] [DATABASE_URL]

Brings the database of an MVP shop to the full schema. Applied files are kept in
the table schema_migrations; running it again applies only what is new.

  DATABASE_URL        postgresql://..., default: the variable DATABASE_URL.
                      A direct connection, not one through a transaction pool.
  --dry-run           say what would be applied, change nothing
  --init              load the MVP schema first where the database has none
  --migrations DIR    take the files from DIR
  --help              this text

Files are named NNNN_name.sql. Each runs in one transaction, together with its
record, except those whose first line is "-- migrate: no-transaction".

exit status: 0 done, 1 a migration failed, 2 wrong use, 3 something is missing,
             4 an applied file was changed, 5 another run holds the lock
TEXT
}

die() {
    local status=$1
    shift
    echo "migrate.sh: $*" >&2
    exit "$status"
}

run_psql() {
    psql "$url" --no-psqlrc --quiet --no-align --tuples-only \
        -v ON_ERROR_STOP=1 "$@"
}

parse_arguments() {
    while (($# > 0)); do
        case $1 in
        --help | -h) usage; exit 0 ;;
        --dry-run) dry_run=true ;;
        --init) init=true ;;
        --migrations)
            (($# > 1)) || die $EXIT_USAGE "--migrations needs a directory"
            directory=$2
            shift
            ;;
        -*) die $EXIT_USAGE "unknown option $1 (see --help)" ;;
        *) url=$1 ;;
        esac
        shift
    done
}

check_tools() {
    command -v psql >/dev/null ||
        die $EXIT_MISSING "psql not found: install the PostgreSQL client"
    [[ -n $url ]] ||
        die $EXIT_USAGE "no database: give DATABASE_URL as argument or variable"
    [[ -d $directory ]] ||
        die $EXIT_MISSING "no directory $directory"

    local message
    message=$(run_psql -c 'SELECT 1' 2>&1 >/dev/null) ||
        die $EXIT_MISSING "can't connect: ${message%%$'\n'*}"
}

has_table() {
    [[ $(run_psql -c "SELECT to_regclass('$1') IS NOT NULL") == t ]]
}

check_schema() {
    if has_table products; then
        return
    fi
    $init ||
        die $EXIT_MISSING "no MVP schema here: add --init, or load database/mvp/schema.sql"
    if $dry_run; then
        echo "would load   mvp/schema.sql"
        return
    fi
    run_psql --single-transaction -f "$here/mvp/schema.sql" ||
        die $EXIT_FAILED "mvp/schema.sql failed, nothing was changed"
    echo "loaded       mvp/schema.sql"
}

# Two runners at once would both apply the same file. The lock belongs to a psql
# that lives as long as this script, and is tried again rather than waited for:
# a waiting statement would hold a snapshot, for which the other runner's CREATE
# INDEX CONCURRENTLY would wait in turn.
take_lock() {
    pipes=$(mktemp -d)
    mkfifo "$pipes/in" "$pipes/out"
    trap release_lock EXIT
    run_psql -f - <"$pipes/in" >"$pipes/out" 2>/dev/null &
    lock_pid=$!
    exec 8>"$pipes/in" 9<"$pipes/out"

    local answer deadline=$((SECONDS + LOCK_WAIT_S))
    while true; do
        echo "SELECT pg_try_advisory_lock($LOCK_KEY);" >&8
        read -r -u 9 answer || die $EXIT_MISSING "lost the connection"
        if [[ $answer == t ]]; then
            return
        fi
        ((SECONDS < deadline)) ||
            die $EXIT_LOCKED "another migration is running on this database"
        sleep 0.5
    done
}

release_lock() {
    exec 8>&- 9<&-
    wait "$lock_pid" 2>/dev/null || true
    rm -rf "$pipes"
}

read_applied() {
    applied=
    if has_table schema_migrations; then
        applied=$(run_psql -F ' ' -c \
            'SELECT version, checksum FROM schema_migrations ORDER BY version')
    fi
}

create_record_table() {
    has_table schema_migrations || run_psql -c "
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version    VARCHAR(4) PRIMARY KEY,
            name       TEXT NOT NULL,
            checksum   CHAR(64) NOT NULL,
            applied_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
        COMMENT ON TABLE schema_migrations IS
            'owner: database/migrate.sh. The migrations that have been applied.'"
}

# Without carriage returns: the same file checked out on Windows is the same.
checksum_of() {
    local sum
    if command -v sha256sum >/dev/null; then
        sum=$(tr -d '\r' <"$1" | sha256sum)
    else
        sum=$(tr -d '\r' <"$1" | shasum -a 256)
    fi
    echo "${sum%% *}"
}

applied_checksum() {
    local version checksum
    while read -r version checksum; do
        if [[ $version == "$1" ]]; then
            echo "$checksum"
        fi
    done <<<"$applied"
}

# All files are checked before the first is applied: a refusal changes nothing.
check_files() {
    files=()
    local file base version recorded previous=
    for file in "$directory"/*.sql; do
        [[ -e $file ]] || die $EXIT_MISSING "no migrations in $directory"
        base=$(basename "$file" .sql)
        [[ $base =~ ^[0-9]{4}_[a-z0-9_]+$ ]] ||
            die $EXIT_MISSING "$base.sql: the name must be NNNN_name.sql"
        version=${base%%_*}
        [[ $version != "$previous" ]] ||
            die $EXIT_MISSING "two files have the number $version"
        previous=$version
        recorded=$(applied_checksum "$version")
        if [[ -z $recorded ]]; then
            files+=("$file")
        elif [[ $recorded != "$(checksum_of "$file")" ]]; then
            die $EXIT_CHANGED "$base.sql was changed after it was applied:" \
                "put it back, and write a new migration"
        fi
    done
}

apply_file() {
    local file=$1 base version record first_line
    base=$(basename "$file" .sql)
    version=${base%%_*}
    record="INSERT INTO schema_migrations (version, name, checksum)
            VALUES ('$version', '${base#*_}', '$(checksum_of "$file")')"
    IFS= read -r first_line <"$file" || true

    # No lock_timeout outside a transaction: CREATE INDEX CONCURRENTLY waits for
    # old transactions without holding anybody up, and must not give up halfway.
    if [[ ${first_line%$'\r'} == "-- migrate: no-transaction" ]]; then
        run_psql -v VERBOSITY=verbose \
            -c "SET client_min_messages = warning" \
            -c "SET statement_timeout = 0" -c "SET lock_timeout = 0" \
            -f "$file" -c "$record"
    else
        run_psql -v VERBOSITY=verbose --single-transaction \
            -c "SET LOCAL client_min_messages = warning" \
            -c "SET LOCAL statement_timeout = 0" \
            -c "SET LOCAL lock_timeout = '$TABLE_LOCK_TIMEOUT'" \
            -f "$file" -c "$record"
    fi
}

# 55P03 is lock_not_available; the code and not its text, which PostgreSQL says
# in the server's language.
apply_with_retries() {
    local file=$1 name try
    name=$(basename "$file")
    for ((try = 1; try <= TABLE_LOCK_TRIES; try++)); do
        if apply_file "$file" >/dev/null 2>"$pipes/errors"; then
            echo "applied      $name"
            return
        fi
        grep -q 55P03 "$pipes/errors" || break
        if ((try == 1)); then
            echo "waiting      $name: a long transaction holds its table" >&2
        fi
        sleep 1
    done
    cat "$pipes/errors" >&2
    die $EXIT_FAILED "$name failed; it isn't recorded, and can be run again"
}

main() {
    parse_arguments "$@"
    check_tools
    take_lock
    check_schema
    read_applied
    check_files

    local file
    if $dry_run; then
        for file in ${files[@]+"${files[@]}"}; do
            echo "would apply  $(basename "$file")"
        done
        echo "dry run: ${#files[@]} to apply, nothing changed"
        return
    fi

    create_record_table
    for file in ${files[@]+"${files[@]}"}; do
        apply_with_retries "$file"
    done
    echo "up to date: ${#files[@]} applied"
}

main "$@"
