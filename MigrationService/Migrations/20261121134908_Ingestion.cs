using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class Ingestion : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "bytes_read",
                schema: "market",
                table: "import_batches",
                type: "bigint",
                nullable: false,
                defaultValue: 0L,
                comment: "How many of them have been read.");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "heartbeat_at",
                schema: "market",
                table: "import_batches",
                type: "timestamp with time zone",
                nullable: false,
                defaultValueSql: "now()",
                comment: "When a part of it was last committed: one that runs and has been silent for long has died.");

            migrationBuilder.AddColumn<string>(
                name: "policy",
                schema: "market",
                table: "import_batches",
                type: "character varying(10)",
                maxLength: 10,
                nullable: false,
                defaultValue: "skip",
                comment: "What becomes of bars that are there already.");

            migrationBuilder.AddColumn<long>(
                name: "size",
                schema: "market",
                table: "import_batches",
                type: "bigint",
                nullable: true,
                comment: "Bytes of the file; NULL when it comes as a stream of unknown length.");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "since",
                schema: "market",
                table: "bar_windows",
                type: "timestamp with time zone",
                nullable: true,
                comment: "No bar is before. May be too early where bars were deleted; NULL when nobody has kept count.");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "until",
                schema: "market",
                table: "bar_windows",
                type: "timestamp with time zone",
                nullable: true,
                comment: "No bar is here or after. May be too late where bars were deleted; NULL when nobody has kept count.");

            migrationBuilder.CreateTable(
                name: "feeds",
                schema: "market",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    provider = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Name of the provider: the source its bars carry."),
                    since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "How far back the bars are wanted."),
                    every_seconds = table.Column<int>(type: "integer", nullable: false, defaultValue: 3600, comment: "How often what is missing is fetched."),
                    live = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false, comment: "Also from the provider's live stream."),
                    enabled = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    next_due = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feeds", x => x.id);
                    table.CheckConstraint("chk_feeds_every_seconds", "every_seconds >= 1");
                    table.CheckConstraint("chk_feeds_provider", "provider <> ''");
                    table.CheckConstraint("chk_feeds_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.ForeignKey(
                        name: "fk_feeds_ticker",
                        column: x => x.ticker_id,
                        principalSchema: "market",
                        principalTable: "tickers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Bars that the Ingestor keeps current.");

            migrationBuilder.CreateTable(
                name: "indicator_windows",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    computed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_indicator_windows", x => new { x.ticker_id, x.timeframe });
                    table.CheckConstraint("chk_indicator_windows_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_indicator_windows_version", "version >= 0");
                    table.ForeignKey(
                        name: "fk_indicator_windows_ticker",
                        column: x => x.ticker_id,
                        principalSchema: "market",
                        principalTable: "tickers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Up to which version of bar_windows the indicators of a ticker and timeframe are computed.");

            migrationBuilder.CreateTable(
                name: "leases",
                schema: "market",
                columns: table => new
                {
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, comment: "Of the work: feed/17, live/alpaca, …"),
                    holder = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false, comment: "Up by one with every holder. A holder's transactions check it, so that one who slept through his lease writes nothing."),
                    until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_leases", x => x.name);
                    table.CheckConstraint("chk_leases_name", "name <> ''");
                    table.CheckConstraint("chk_leases_version", "version >= 1");
                },
                comment: "Which instance of the Ingestor does a piece of work, and until when it may without asking again.");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_bytes_read",
                schema: "market",
                table: "import_batches",
                sql: "bytes_read >= 0 AND size >= 0");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_policy",
                schema: "market",
                table: "import_batches",
                sql: "policy IN ('skip', 'replace', 'fail')");

            migrationBuilder.AddCheckConstraint(
                name: "chk_bar_windows_until",
                schema: "market",
                table: "bar_windows",
                sql: "since < until AND (since IS NULL) = (until IS NULL)");

            migrationBuilder.CreateIndex(
                name: "idx_feeds_next_due",
                schema: "market",
                table: "feeds",
                column: "next_due",
                filter: "enabled");

            migrationBuilder.CreateIndex(
                name: "idx_feeds_ticker_id_timeframe_provider",
                schema: "market",
                table: "feeds",
                columns: new[] { "ticker_id", "timeframe", "provider" },
                unique: true);

            migrationBuilder.Sql(SqlFile.Read("Ingestion.up.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // Functions that were replaced become again what they were.
            migrationBuilder.Sql(SqlFile.Replacing("MarketTables.up.sql", "market.record_change", "market.rederive", "market.apply_staged_bars"));
            migrationBuilder.Sql(SqlFile.CommentOn("VIEW market.ohlcv_bars ", SqlFile.Read("MarketTables.up.sql")));
            migrationBuilder.Sql(SqlFile.Read("Ingestion.down.sql"));

            migrationBuilder.DropTable(
                name: "feeds",
                schema: "market");

            migrationBuilder.DropTable(
                name: "indicator_windows",
                schema: "market");

            migrationBuilder.DropTable(
                name: "leases",
                schema: "market");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_bytes_read",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_policy",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_bar_windows_until",
                schema: "market",
                table: "bar_windows");

            migrationBuilder.DropColumn(
                name: "bytes_read",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "heartbeat_at",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "policy",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "size",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "since",
                schema: "market",
                table: "bar_windows");

            migrationBuilder.DropColumn(
                name: "until",
                schema: "market",
                table: "bar_windows");
        }
    }
}
