#!/usr/bin/env bash
# Fills a database with the demo shop.
set -euo pipefail

readonly EXIT_FAILED=1 EXIT_USAGE=2 EXIT_MISSING=3

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
full=false
pictures=''
url=${DATABASE_URL:-}

usage() {
    cat <<'TEXT'
usage: load-demo.sh [options] [DATABASE_URL]

Loads the demo shop: catalogue, customers, orders and sessions. The MVP schema
is loaded first where there is none. Running it again changes nothing, and on a
database that was migrated meanwhile it adds what only the full schema holds.

  DATABASE_URL   postgresql://..., default: the variable DATABASE_URL
  --full         bring the schema up to date with migrate.sh first
  --pictures URL products without a picture of their own get URL/SKU.png, as the
                 simulator draws them under /media-demo
  --help         this text

A database with products of a real shop is refused.

exit status: 0 done, 1 loading failed, 2 wrong use, 3 something is missing;
             with --full also those of migrate.sh
TEXT
}

die() {
    local status=$1
    shift
    echo "load-demo.sh: $*" >&2
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
        --full) full=true ;;
        --pictures)
            [[ ${2:-} == http*://* ]] || die $EXIT_USAGE "--pictures needs an address"
            pictures=${2%/}
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

    local message
    message=$(run_psql -c 'SELECT 1' 2>&1 >/dev/null) ||
        die $EXIT_MISSING "can't connect: ${message%%$'\n'*}"
}

prepare_schema() {
    if [[ $(run_psql -c "SELECT to_regclass('products') IS NULL") == t ]]; then
        run_psql --single-transaction -f "$here/mvp/schema.sql" ||
            die $EXIT_FAILED "mvp/schema.sql failed, nothing was changed"
        echo "loaded       mvp/schema.sql"
    elif [[ $(run_psql -c "
            SELECT EXISTS (SELECT FROM products)
               AND NOT EXISTS (SELECT FROM system_config WHERE key = 'demo_shop')") == t ]]; then
        die $EXIT_FAILED "this database has the products of another shop: nothing was changed"
    fi
    if $full; then
        "$here/migrate.sh" "$url"
    fi
}

# Again where the address has changed; a shop's own pictures stay.
link_pictures() {
    run_psql -v folder="$pictures" <<'SQL'
UPDATE products SET image_url = :'folder' || '/' || sku || '.png'
WHERE (image_url IS NULL OR image_url LIKE '%/media-demo/%')
  AND image_url IS DISTINCT FROM :'folder' || '/' || sku || '.png';
SQL
}

count_rows() {
    run_psql -F ' ' -c "
        SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM categories),
               (SELECT count(*) FROM customers), (SELECT count(*) FROM orders),
               (SELECT count(*) FROM customer_sessions)"
}

main() {
    parse_arguments "$@"
    check_tools
    prepare_schema

    # \copy takes names relative to here and no variables.
    cd "$here/demo"
    run_psql --single-transaction -c "SET LOCAL client_min_messages = warning" -f load.sql ||
        die $EXIT_FAILED "the demo shop couldn't be loaded, nothing was changed"

    if [[ -n $pictures ]]; then
        link_pictures || die $EXIT_FAILED "the pictures' addresses couldn't be set"
    fi

    local products categories customers orders sessions
    read -r products categories customers orders sessions <<<"$(count_rows)"
    echo "demo shop: $products products in $categories categories," \
        "$customers customers, $orders orders, $sessions sessions"
}

main "$@"
