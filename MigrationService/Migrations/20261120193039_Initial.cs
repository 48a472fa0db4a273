using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "market");

            migrationBuilder.CreateTable(
                name: "bars_15m",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_15m_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_15m_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_15m_prices", "low > 0");
                    table.CheckConstraint("chk_bars_15m_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_15m_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_15m_volume", "volume >= 0");
                },
                comment: "Bars of 15m. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_1d",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Session date at 00:00 UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_1d_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_1d_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_1d_prices", "low > 0");
                    table.CheckConstraint("chk_bars_1d_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_1d_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_1d_volume", "volume >= 0");
                },
                comment: "Bars of 1d. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_1h",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_1h_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_1h_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_1h_prices", "low > 0");
                    table.CheckConstraint("chk_bars_1h_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_1h_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_1h_volume", "volume >= 0");
                },
                comment: "Bars of 1h. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_1m",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_1m_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_1m_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_1m_prices", "low > 0");
                    table.CheckConstraint("chk_bars_1m_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_1m_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_1m_volume", "volume >= 0");
                },
                comment: "Bars of 1m. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_30m",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_30m_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_30m_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_30m_prices", "low > 0");
                    table.CheckConstraint("chk_bars_30m_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_30m_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_30m_volume", "volume >= 0");
                },
                comment: "Bars of 30m. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_4h",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_4h_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_4h_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_4h_prices", "low > 0");
                    table.CheckConstraint("chk_bars_4h_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_4h_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_4h_volume", "volume >= 0");
                },
                comment: "Bars of 4h. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_5m",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_5m_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_5m_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_5m_prices", "low > 0");
                    table.CheckConstraint("chk_bars_5m_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_5m_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_5m_volume", "volume >= 0");
                },
                comment: "Bars of 5m. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "tickers",
                schema: "market",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    name = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true),
                    exchange = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    asset_type = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, defaultValue: "stock", comment: "stock, etf, crypto, forex, commodity, index …"),
                    timezone = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, defaultValue: "America/New_York", comment: "IANA name; decides where this ticker's trading days begin."),
                    is_active = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tickers", x => x.id);
                    table.CheckConstraint("chk_tickers_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                },
                comment: "What has bars: one row per symbol.");

            migrationBuilder.CreateIndex(
                name: "idx_bars_15m_ticker_id_timestamp",
                schema: "market",
                table: "bars_15m",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_1d_ticker_id_timestamp",
                schema: "market",
                table: "bars_1d",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_1h_ticker_id_timestamp",
                schema: "market",
                table: "bars_1h",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_1m_ticker_id_timestamp",
                schema: "market",
                table: "bars_1m",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_30m_ticker_id_timestamp",
                schema: "market",
                table: "bars_30m",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_4h_ticker_id_timestamp",
                schema: "market",
                table: "bars_4h",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_5m_ticker_id_timestamp",
                schema: "market",
                table: "bars_5m",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_tickers_symbol",
                schema: "market",
                table: "tickers",
                column: "symbol",
                unique: true);

            migrationBuilder.Sql(
                """
                CREATE FUNCTION public.uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
                  SELECT encode(set_byte(set_byte(overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
                    6, (get_byte(uuid_send(gen_random_uuid()), 0) & 15) | 112), 8, (get_byte(uuid_send(gen_random_uuid()), 0) & 63) | 128), 'hex')::uuid
                $$;
                COMMENT ON FUNCTION public.uuid_v7() IS 'An id that sorts by the time it was made, so that new rows land at the end of their index. PostgreSQL has its own from 18 on.';

                CREATE FUNCTION public.touch_row() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
                BEGIN
                  NEW.updated_at := now();
                  RETURN NEW;
                END $$;
                COMMENT ON FUNCTION public.touch_row() IS 'BEFORE UPDATE: keeps updated_at.';

                CREATE FUNCTION public.touch_versioned_row() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
                BEGIN
                  NEW.updated_at := now();
                  NEW.version := OLD.version + 1;
                  RETURN NEW;
                END $$;
                COMMENT ON FUNCTION public.touch_versioned_row() IS 'BEFORE UPDATE: keeps updated_at and counts version up, whatever the statement says; a writer names the version it read in its WHERE.';

                CREATE TRIGGER touch BEFORE UPDATE ON market.tickers FOR EACH ROW EXECUTE FUNCTION public.touch_row();

                CREATE FUNCTION market.remove_bars_of_tickers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
                DECLARE
                  bars text;
                BEGIN
                  FOREACH bars IN ARRAY ARRAY['bars_1m', 'bars_5m', 'bars_15m', 'bars_30m', 'bars_1h', 'bars_4h', 'bars_1d'] LOOP
                    EXECUTE format('DELETE FROM market.%I WHERE ticker_id IN (SELECT id FROM removed)', bars);
                  END LOOP;
                  RETURN NULL;
                END $$;
                COMMENT ON FUNCTION market.remove_bars_of_tickers() IS 'What a foreign key with ON DELETE CASCADE would do, without its price on every COPY.';
                CREATE TRIGGER remove_bars AFTER DELETE ON market.tickers REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION market.remove_bars_of_tickers();

                GRANT SELECT ON public.schema_migrations TO wyckoff_app, wyckoff_worker, wyckoff_reader;
                GRANT USAGE ON SCHEMA market TO wyckoff_app, wyckoff_worker, wyckoff_reader;
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA market TO wyckoff_app, wyckoff_worker;
                GRANT SELECT ON ALL TABLES IN SCHEMA market TO wyckoff_reader;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "bars_15m",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_1d",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_1h",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_1m",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_30m",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_4h",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_5m",
                schema: "market");

            migrationBuilder.DropTable(
                name: "tickers",
                schema: "market");

            migrationBuilder.Sql(
                """
                DROP FUNCTION market.remove_bars_of_tickers(), public.touch_row(), public.touch_versioned_row(), public.uuid_v7();
                DROP SCHEMA market;
                """);
        }
    }
}
