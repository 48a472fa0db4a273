using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;
using NpgsqlTypes;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class ImportUndo : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropCheckConstraint(
                name: "chk_indicators_averages",
                schema: "market",
                table: "indicators");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_error_message",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_status",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_bars_5m_prices",
                schema: "market",
                table: "bars_5m");

            migrationBuilder.DropCheckConstraint(
                name: "chk_bars_4h_prices",
                schema: "market",
                table: "bars_4h");

            migrationBuilder.DropCheckConstraint(
                name: "chk_bars_30m_prices",
                schema: "market",
                table: "bars_30m");

            migrationBuilder.DropCheckConstraint(
                name: "chk_bars_1m_prices",
                schema: "market",
                table: "bars_1m");

            migrationBuilder.DropCheckConstraint(
                name: "chk_bars_1h_prices",
                schema: "market",
                table: "bars_1h");

            migrationBuilder.DropCheckConstraint(
                name: "chk_bars_1d_prices",
                schema: "market",
                table: "bars_1d");

            migrationBuilder.DropCheckConstraint(
                name: "chk_bars_15m_prices",
                schema: "market",
                table: "bars_15m");

            migrationBuilder.AddColumn<bool>(
                name: "allows_negative",
                schema: "market",
                table: "tickers",
                type: "boolean",
                nullable: false,
                defaultValue: false,
                comment: "Prices may be zero or negative (spreads, some futures). Enforced by those who write bars.");

            migrationBuilder.AddColumn<string>(
                name: "sector",
                schema: "market",
                table: "tickers",
                type: "character varying(100)",
                maxLength: 100,
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "bars_kept",
                schema: "market",
                table: "import_batches",
                type: "bigint",
                nullable: false,
                defaultValue: 0L,
                comment: "Bars of the import that were overwritten or deleted before it was undone.");

            migrationBuilder.AddColumn<long>(
                name: "bars_removed",
                schema: "market",
                table: "import_batches",
                type: "bigint",
                nullable: false,
                defaultValue: 0L,
                comment: "Bars that an undo deleted.");

            migrationBuilder.AddColumn<long>(
                name: "bars_restored",
                schema: "market",
                table: "import_batches",
                type: "bigint",
                nullable: false,
                defaultValue: 0L,
                comment: "Bars that an undo gave the values back that they have without this import.");

            migrationBuilder.AddColumn<bool>(
                name: "can_undo",
                schema: "market",
                table: "import_batches",
                type: "boolean",
                nullable: false,
                defaultValue: true,
                comment: "False once values that it replaced are no longer kept.");

            // Nobody has recorded which bars earlier imports wrote.
            migrationBuilder.Sql("UPDATE market.import_batches SET can_undo = false;");

            migrationBuilder.AddColumn<long>(
                name: "rows_differing",
                schema: "market",
                table: "import_batches",
                type: "bigint",
                nullable: false,
                defaultValue: 0L,
                comment: "Of the skipped rows those with other values than the stored bar.");

            migrationBuilder.AddColumn<long>(
                name: "rows_rounded",
                schema: "market",
                table: "import_batches",
                type: "bigint",
                nullable: false,
                defaultValue: 0L,
                comment: "Rows of which a number was rounded, because the import was told to.");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "undone_at",
                schema: "market",
                table: "import_batches",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "import_id",
                schema: "market",
                table: "bars_5m",
                type: "bigint",
                nullable: true,
                comment: "The import that wrote the bar; NULL if no import did. No foreign key, as for tickers.");

            migrationBuilder.AddColumn<long>(
                name: "import_id",
                schema: "market",
                table: "bars_4h",
                type: "bigint",
                nullable: true,
                comment: "The import that wrote the bar; NULL if no import did. No foreign key, as for tickers.");

            migrationBuilder.AddColumn<long>(
                name: "import_id",
                schema: "market",
                table: "bars_30m",
                type: "bigint",
                nullable: true,
                comment: "The import that wrote the bar; NULL if no import did. No foreign key, as for tickers.");

            migrationBuilder.AddColumn<long>(
                name: "import_id",
                schema: "market",
                table: "bars_1m",
                type: "bigint",
                nullable: true,
                comment: "The import that wrote the bar; NULL if no import did. No foreign key, as for tickers.");

            migrationBuilder.AddColumn<long>(
                name: "import_id",
                schema: "market",
                table: "bars_1h",
                type: "bigint",
                nullable: true,
                comment: "The import that wrote the bar; NULL if no import did. No foreign key, as for tickers.");

            migrationBuilder.AddColumn<long>(
                name: "import_id",
                schema: "market",
                table: "bars_1d",
                type: "bigint",
                nullable: true,
                comment: "The import that wrote the bar; NULL if no import did. No foreign key, as for tickers.");

            migrationBuilder.AddColumn<long>(
                name: "import_id",
                schema: "market",
                table: "bars_15m",
                type: "bigint",
                nullable: true,
                comment: "The import that wrote the bar; NULL if no import did. No foreign key, as for tickers.");

            migrationBuilder.CreateTable(
                name: "alternative_bars",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    import_id = table.Column<long>(type: "bigint", nullable: true, comment: "The import whose values these are; NULL if no import wrote them."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    replaced_by = table.Column<long>(type: "bigint", nullable: true, comment: "The import that replaced these values; NULL if they were skipped."),
                    kept_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()", comment: "When the values were replaced or skipped. Maintenance deletes them after Wyckoff:Maintenance:KeepReplaced.")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_alternative_bars_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                },
                comment: "Other values of stored bars: those that an import replaced, and those of imports that skipped bars with other values. An undo brings them back. No foreign key to tickers, as for bars.");

            migrationBuilder.CreateTable(
                name: "import_windows",
                schema: "market",
                columns: table => new
                {
                    import_id = table.Column<long>(type: "bigint", nullable: false),
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false, comment: "The order of the imports of a window. It decides whose value a bar has once another import is undone.")
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    range = table.Column<NpgsqlRange<DateTimeOffset>>(type: "tstzrange", nullable: false, comment: "From the first bar of the file to the close of the last."),
                    covered = table.Column<NpgsqlRange<DateTimeOffset>[]>(type: "tstzmultirange", nullable: false, defaultValueSql: "'{}'", comment: "The ranges that the import added to sync_coverage.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_import_windows", x => new { x.import_id, x.ticker_id, x.timeframe });
                    table.CheckConstraint("chk_import_windows_range", "NOT isempty(range)");
                    table.CheckConstraint("chk_import_windows_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.ForeignKey(
                        name: "fk_import_windows_import",
                        column: x => x.import_id,
                        principalSchema: "market",
                        principalTable: "import_batches",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_import_windows_ticker",
                        column: x => x.ticker_id,
                        principalSchema: "market",
                        principalTable: "tickers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "The bars of an import in one window: an undo looks for them here.");

            migrationBuilder.CreateTable(
                name: "import_claims",
                schema: "market",
                columns: table => new
                {
                    import_id = table.Column<long>(type: "bigint", nullable: false),
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    holder_id = table.Column<long>(type: "bigint", nullable: false, comment: "The import that the stored bars are from."),
                    ranges = table.Column<NpgsqlRange<DateTimeOffset>[]>(type: "tstzmultirange", nullable: false, comment: "All bars of the holder within these ranges are in the file of the import, with the same values.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_import_claims", x => new { x.import_id, x.ticker_id, x.timeframe, x.holder_id });
                    table.CheckConstraint("chk_import_claims_holder_id", "holder_id <> import_id");
                    table.CheckConstraint("chk_import_claims_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.ForeignKey(
                        name: "fk_import_claims_holder",
                        column: x => x.holder_id,
                        principalSchema: "market",
                        principalTable: "import_batches",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_import_claims_window",
                        columns: x => new { x.import_id, x.ticker_id, x.timeframe },
                        principalSchema: "market",
                        principalTable: "import_windows",
                        principalColumns: new[] { "import_id", "ticker_id", "timeframe" },
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Bars that an import found stored by another import with the same values, and so did not write. When the other is undone, they stay, as bars of this one.");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_bars",
                schema: "market",
                table: "import_batches",
                sql: "least(bars_removed, bars_restored, bars_kept) >= 0");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_error_message",
                schema: "market",
                table: "import_batches",
                sql: "status IN ('undoing', 'undone') OR (status IN ('failed', 'interrupted')) = (error_message IS NOT NULL)");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_notes",
                schema: "market",
                table: "import_batches",
                sql: "rows_differing BETWEEN 0 AND rows_skipped AND rows_rounded >= 0");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_status",
                schema: "market",
                table: "import_batches",
                sql: "status IN ('running', 'completed', 'failed', 'interrupted', 'undoing', 'undone')");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_undone_at",
                schema: "market",
                table: "import_batches",
                sql: "(status = 'undone') = (undone_at IS NOT NULL)");

            migrationBuilder.CreateIndex(
                name: "idx_alternative_bars_kept_at",
                schema: "market",
                table: "alternative_bars",
                column: "kept_at");

            migrationBuilder.CreateIndex(
                name: "idx_alternative_bars_ticker_id_timeframe_timestamp_import_id",
                schema: "market",
                table: "alternative_bars",
                columns: new[] { "ticker_id", "timeframe", "timestamp", "import_id" },
                unique: true)
                .Annotation("Npgsql:NullsDistinct", false);

            migrationBuilder.CreateIndex(
                name: "idx_import_claims_holder_id",
                schema: "market",
                table: "import_claims",
                column: "holder_id");

            migrationBuilder.CreateIndex(
                name: "idx_import_windows_ticker_id_timeframe",
                schema: "market",
                table: "import_windows",
                columns: new[] { "ticker_id", "timeframe" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "alternative_bars",
                schema: "market");

            migrationBuilder.DropTable(
                name: "import_claims",
                schema: "market");

            migrationBuilder.DropTable(
                name: "import_windows",
                schema: "market");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_bars",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_error_message",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_notes",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_status",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_undone_at",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "allows_negative",
                schema: "market",
                table: "tickers");

            migrationBuilder.DropColumn(
                name: "sector",
                schema: "market",
                table: "tickers");

            migrationBuilder.DropColumn(
                name: "bars_kept",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "bars_removed",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "bars_restored",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "can_undo",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "rows_differing",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "rows_rounded",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "undone_at",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "import_id",
                schema: "market",
                table: "bars_5m");

            migrationBuilder.DropColumn(
                name: "import_id",
                schema: "market",
                table: "bars_4h");

            migrationBuilder.DropColumn(
                name: "import_id",
                schema: "market",
                table: "bars_30m");

            migrationBuilder.DropColumn(
                name: "import_id",
                schema: "market",
                table: "bars_1m");

            migrationBuilder.DropColumn(
                name: "import_id",
                schema: "market",
                table: "bars_1h");

            migrationBuilder.DropColumn(
                name: "import_id",
                schema: "market",
                table: "bars_1d");

            migrationBuilder.DropColumn(
                name: "import_id",
                schema: "market",
                table: "bars_15m");

            migrationBuilder.AddCheckConstraint(
                name: "chk_indicators_averages",
                schema: "market",
                table: "indicators",
                sql: "sma_20 > 0 AND sma_50 > 0 AND ema_12 > 0 AND ema_26 > 0");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_error_message",
                schema: "market",
                table: "import_batches",
                sql: "(status IN ('failed', 'interrupted')) = (error_message IS NOT NULL)");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_status",
                schema: "market",
                table: "import_batches",
                sql: "status IN ('running', 'completed', 'failed', 'interrupted')");

            migrationBuilder.AddCheckConstraint(
                name: "chk_bars_5m_prices",
                schema: "market",
                table: "bars_5m",
                sql: "low > 0");

            migrationBuilder.AddCheckConstraint(
                name: "chk_bars_4h_prices",
                schema: "market",
                table: "bars_4h",
                sql: "low > 0");

            migrationBuilder.AddCheckConstraint(
                name: "chk_bars_30m_prices",
                schema: "market",
                table: "bars_30m",
                sql: "low > 0");

            migrationBuilder.AddCheckConstraint(
                name: "chk_bars_1m_prices",
                schema: "market",
                table: "bars_1m",
                sql: "low > 0");

            migrationBuilder.AddCheckConstraint(
                name: "chk_bars_1h_prices",
                schema: "market",
                table: "bars_1h",
                sql: "low > 0");

            migrationBuilder.AddCheckConstraint(
                name: "chk_bars_1d_prices",
                schema: "market",
                table: "bars_1d",
                sql: "low > 0");

            migrationBuilder.AddCheckConstraint(
                name: "chk_bars_15m_prices",
                schema: "market",
                table: "bars_15m",
                sql: "low > 0");
        }
    }
}
