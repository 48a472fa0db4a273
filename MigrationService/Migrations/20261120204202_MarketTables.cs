using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;
using NpgsqlTypes;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class MarketTables : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "bar_changes",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    committed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()", comment: "Shortly before the commit: readers go by version."),
                    range = table.Column<NpgsqlRange<DateTimeOffset>>(type: "tstzrange", nullable: false, comment: "From the first changed bar to the close of the last, re-derived ones included.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bar_changes", x => new { x.ticker_id, x.timeframe, x.version, x.committed_at });
                    table.CheckConstraint("chk_bar_changes_range", "NOT isempty(range)");
                    table.CheckConstraint("chk_bar_changes_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_bar_changes_version", "version >= 1");
                },
                comment: "Which bars a version changed; a stream resumes from here. Kept for a day. No foreign key to tickers: dropping a chunk would lock them.");

            migrationBuilder.CreateTable(
                name: "bar_windows",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bar_windows", x => new { x.ticker_id, x.timeframe });
                    table.CheckConstraint("chk_bar_windows_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_bar_windows_version", "version >= 1");
                    table.ForeignKey(
                        name: "fk_bar_windows_ticker",
                        column: x => x.ticker_id,
                        principalSchema: "market",
                        principalTable: "tickers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "The version of all bars of a ticker and timeframe: up by one with every transaction that changes them. Written by market.record_change.");

            migrationBuilder.CreateTable(
                name: "computed_features",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "That of the bar."),
                    feature_version = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Version of the set of features; several may stand side by side."),
                    features = table.Column<string>(type: "jsonb", nullable: false, comment: "Name of the feature → value."),
                    model_id = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true, comment: "The hidden Markov model that assigned the state."),
                    state_id = table.Column<int>(type: "integer", nullable: true, comment: "Regime from 0; -1: out of distribution, unlike anything the model has seen."),
                    state_prob = table.Column<decimal>(type: "numeric(9,8)", precision: 9, scale: 8, nullable: true, comment: "Probability of the state, 0 to 1."),
                    log_likelihood = table.Column<decimal>(type: "numeric(24,8)", precision: 24, scale: 8, nullable: true, comment: "Logarithm of the likelihood of the observation under the model."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_computed_features_feature_version", "feature_version <> ''");
                    table.CheckConstraint("chk_computed_features_features", "jsonb_typeof(features) = 'object'");
                    table.CheckConstraint("chk_computed_features_state", "(state_id IS NULL OR model_id IS NOT NULL) AND (state_prob IS NULL OR state_id IS NOT NULL)");
                    table.CheckConstraint("chk_computed_features_state_id", "state_id >= -1");
                    table.CheckConstraint("chk_computed_features_state_prob", "state_prob BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_computed_features_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                },
                comment: "What was computed from a bar, per version of the computation, and the regime a hidden Markov model assigned. No foreign key to tickers, as for bars.");

            migrationBuilder.CreateTable(
                name: "data_sync_log",
                schema: "market",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "The provider."),
                    status = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "success, partial (some of what was asked came) or failed."),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    last_sync_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()", comment: "When the run ended."),
                    first_synced_timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "The oldest bar stored by then."),
                    last_synced_timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "The newest bar stored by then."),
                    bars_fetched = table.Column<int>(type: "integer", nullable: false, defaultValue: 0, comment: "Bars that came in this run."),
                    total_bars = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L, comment: "All bars stored by then."),
                    error_message = table.Column<string>(type: "text", nullable: true, comment: "What went wrong: exactly when status is not success.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_data_sync_log", x => x.id);
                    table.CheckConstraint("chk_data_sync_log_bars_fetched", "bars_fetched >= 0");
                    table.CheckConstraint("chk_data_sync_log_error_message", "(status = 'success') = (error_message IS NULL)");
                    table.CheckConstraint("chk_data_sync_log_last_sync_at", "last_sync_at >= started_at");
                    table.CheckConstraint("chk_data_sync_log_status", "status IN ('success', 'partial', 'failed')");
                    table.CheckConstraint("chk_data_sync_log_synced", "first_synced_timestamp <= last_synced_timestamp AND (first_synced_timestamp IS NULL) = (last_synced_timestamp IS NULL)");
                    table.CheckConstraint("chk_data_sync_log_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_data_sync_log_total_bars", "total_bars >= 0");
                    table.ForeignKey(
                        name: "fk_data_sync_log_ticker",
                        column: x => x.ticker_id,
                        principalSchema: "market",
                        principalTable: "tickers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "One row per sync run of a ticker and timeframe, written when it has ended; sync_status shows the latest of each.");

            migrationBuilder.CreateTable(
                name: "import_batches",
                schema: "market",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    file = table.Column<string>(type: "text", nullable: false, comment: "Name or path, as the importer was given it."),
                    sha256 = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, comment: "Of the file's bytes."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "The source its bars carry."),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true, comment: "What all rows are bars of; NULL when each says so itself."),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: true, comment: "Of all rows; NULL when each says so itself."),
                    status = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    rows_read = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    rows_inserted = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    rows_updated = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    rows_skipped = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L, comment: "Valid, and there already."),
                    rows_rejected = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L, comment: "Kept in import_rejects."),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    error_message = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_import_batches", x => x.id);
                    table.CheckConstraint("chk_import_batches_error_message", "(status = 'failed') = (error_message IS NOT NULL)");
                    table.CheckConstraint("chk_import_batches_finished_at", "(status = 'running') = (finished_at IS NULL) AND (finished_at IS NULL OR finished_at >= started_at)");
                    table.CheckConstraint("chk_import_batches_rows", "least(rows_inserted, rows_updated, rows_skipped, rows_rejected) >= 0 AND rows_read = rows_inserted + rows_updated + rows_skipped + rows_rejected");
                    table.CheckConstraint("chk_import_batches_sha256", "sha256 ~ '^[0-9a-f]{64}$'");
                    table.CheckConstraint("chk_import_batches_status", "status IN ('running', 'completed', 'failed')");
                    table.CheckConstraint("chk_import_batches_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                },
                comment: "Files that were imported, or are being.");

            migrationBuilder.CreateTable(
                name: "indicators",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "That of the bar."),
                    sma_20 = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Mean close of 20 bars."),
                    sma_50 = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Mean close of 50 bars."),
                    ema_12 = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Exponential mean close of 12 bars."),
                    ema_26 = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Exponential mean close of 26 bars."),
                    rsi_14 = table.Column<decimal>(type: "numeric(7,4)", precision: 7, scale: 4, nullable: true, comment: "Relative strength index of 14 bars, 0 to 100."),
                    macd = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "ema_12 - ema_26"),
                    macd_signal = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Exponential mean of macd over 9 bars."),
                    macd_histogram = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "macd - macd_signal"),
                    bb_upper = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Bollinger bands: bb_middle plus two standard deviations of 20 closes."),
                    bb_middle = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Bollinger bands: mean close of 20 bars."),
                    bb_lower = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Bollinger bands: bb_middle minus two standard deviations of 20 closes."),
                    volume_24h = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true, comment: "Traded in the 24 hours up to the close of the bar."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_indicators_averages", "sma_20 > 0 AND sma_50 > 0 AND ema_12 > 0 AND ema_26 > 0");
                    table.CheckConstraint("chk_indicators_bb", "bb_lower <= bb_middle AND bb_middle <= bb_upper AND bb_lower <= bb_upper");
                    table.CheckConstraint("chk_indicators_rsi_14", "rsi_14 BETWEEN 0 AND 100");
                    table.CheckConstraint("chk_indicators_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_indicators_volume_24h", "volume_24h >= 0");
                },
                comment: "Customary indicators, one row per bar; NULL while there are too few bars for one. No foreign key to tickers, as for bars.");

            migrationBuilder.CreateTable(
                name: "sync_coverage",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "The provider, or the import."),
                    covered = table.Column<NpgsqlRange<DateTimeOffset>[]>(type: "tstzmultirange", nullable: false, defaultValueSql: "'{}'", comment: "Half-open; ranges that touch are one."),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_coverage", x => new { x.ticker_id, x.timeframe, x.source });
                    table.CheckConstraint("chk_sync_coverage_covered", "NOT lower_inf(covered) AND NOT upper_inf(covered)");
                    table.CheckConstraint("chk_sync_coverage_source", "source <> ''");
                    table.CheckConstraint("chk_sync_coverage_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.ForeignKey(
                        name: "fk_sync_coverage_ticker",
                        column: x => x.ticker_id,
                        principalSchema: "market",
                        principalTable: "tickers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "What a source has been asked and has answered, so that missing = requested - covered, and nothing is asked twice.");

            migrationBuilder.CreateTable(
                name: "sync_payloads",
                schema: "market",
                columns: table => new
                {
                    sync_id = table.Column<long>(type: "bigint", nullable: false, comment: "The run in data_sync_log."),
                    page = table.Column<int>(type: "integer", nullable: false, comment: "Which answer of the run, from 1."),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    request = table.Column<string>(type: "text", nullable: false, comment: "Path and query of the request, without any key."),
                    content_type = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    encoding = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    bytes = table.Column<int>(type: "integer", nullable: false, comment: "Size before compression."),
                    payload = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_payloads", x => new { x.sync_id, x.page, x.received_at });
                    table.CheckConstraint("chk_sync_payloads_bytes", "bytes >= 0");
                    table.CheckConstraint("chk_sync_payloads_encoding", "encoding IN ('gzip', 'br')");
                    table.CheckConstraint("chk_sync_payloads_page", "page >= 1");
                },
                comment: "What providers sent, as it came, compressed. No foreign keys: dropping a chunk would lock what they refer to.");

            migrationBuilder.CreateTable(
                name: "import_rejects",
                schema: "market",
                columns: table => new
                {
                    batch_id = table.Column<long>(type: "bigint", nullable: false),
                    line_number = table.Column<long>(type: "bigint", nullable: false, comment: "From 1, the header included; in a file without lines, the number of the row."),
                    text = table.Column<string>(type: "text", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_import_rejects", x => new { x.batch_id, x.line_number });
                    table.CheckConstraint("chk_import_rejects_line_number", "line_number >= 1");
                    table.CheckConstraint("chk_import_rejects_reason", "reason <> ''");
                    table.ForeignKey(
                        name: "fk_import_rejects_batch",
                        column: x => x.batch_id,
                        principalSchema: "market",
                        principalTable: "import_batches",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Rows that an import did not take, as they stood in the file, and why.");

            migrationBuilder.CreateIndex(
                name: "idx_computed_features_ticker_id_timeframe_timestamp_version",
                schema: "market",
                table: "computed_features",
                columns: new[] { "ticker_id", "timeframe", "timestamp", "feature_version" },
                unique: true,
                descending: new[] { false, false, true, false });

            migrationBuilder.CreateIndex(
                name: "idx_data_sync_log_ticker_id_timeframe_last_sync_at",
                schema: "market",
                table: "data_sync_log",
                columns: new[] { "ticker_id", "timeframe", "last_sync_at", "id" },
                descending: new[] { false, false, true, true });

            migrationBuilder.CreateIndex(
                name: "idx_import_batches_sha256",
                schema: "market",
                table: "import_batches",
                column: "sha256",
                filter: "status = 'completed'");

            migrationBuilder.CreateIndex(
                name: "idx_import_batches_started_at",
                schema: "market",
                table: "import_batches",
                column: "started_at",
                descending: new bool[0]);

            migrationBuilder.CreateIndex(
                name: "idx_indicators_ticker_id_timeframe_timestamp",
                schema: "market",
                table: "indicators",
                columns: new[] { "ticker_id", "timeframe", "timestamp" },
                unique: true,
                descending: new[] { false, false, true });

            migrationBuilder.Sql(SqlFile.Read("MarketTables.up.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(SqlFile.Read("MarketTables.down.sql"));

            migrationBuilder.DropTable(
                name: "bar_changes",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bar_windows",
                schema: "market");

            migrationBuilder.DropTable(
                name: "computed_features",
                schema: "market");

            migrationBuilder.DropTable(
                name: "data_sync_log",
                schema: "market");

            migrationBuilder.DropTable(
                name: "import_rejects",
                schema: "market");

            migrationBuilder.DropTable(
                name: "indicators",
                schema: "market");

            migrationBuilder.DropTable(
                name: "sync_coverage",
                schema: "market");

            migrationBuilder.DropTable(
                name: "sync_payloads",
                schema: "market");

            migrationBuilder.DropTable(
                name: "import_batches",
                schema: "market");
        }
    }
}
