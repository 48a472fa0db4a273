using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class PredictionMarkets : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "prediction");

            migrationBuilder.CreateTable(
                name: "markets",
                schema: "prediction",
                columns: table => new
                {
                    condition_id = table.Column<string>(type: "text", nullable: false, comment: "The exchange's id of the question."),
                    question = table.Column<string>(type: "text", nullable: false),
                    slug = table.Column<string>(type: "text", nullable: true),
                    market_type = table.Column<string>(type: "text", nullable: true),
                    outcomes = table.Column<string[]>(type: "text[]", nullable: false, defaultValueSql: "'{}'", comment: "The answers, in the order of clob_token_ids."),
                    clob_token_ids = table.Column<string[]>(type: "text[]", nullable: false, defaultValueSql: "'{}'", comment: "The token of each outcome; empty while the exchange has not said."),
                    active = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    closed = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false, comment: "No more trading; see resolutions for how it ended."),
                    end_date = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "When the question is due; text in the source document."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_markets", x => x.condition_id);
                    table.CheckConstraint("chk_markets_clob_token_ids", "cardinality(clob_token_ids) IN (0, cardinality(outcomes))");
                    table.CheckConstraint("chk_markets_condition_id", "condition_id <> ''");
                },
                comment: "Questions that are traded, one outcome token for each answer.");

            migrationBuilder.CreateTable(
                name: "orderbook_snapshots",
                schema: "prediction",
                columns: table => new
                {
                    ts = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    token_id = table.Column<string>(type: "text", nullable: false),
                    bids = table.Column<string>(type: "jsonb", nullable: false, comment: "[{\"price\", \"size\"}, …], best first."),
                    asks = table.Column<string>(type: "jsonb", nullable: false, comment: "[{\"price\", \"size\"}, …], best first."),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Best ask less best bid; null when a side is empty."),
                    midpoint = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true)
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_orderbook_snapshots_asks", "jsonb_typeof(asks) = 'array'");
                    table.CheckConstraint("chk_orderbook_snapshots_bids", "jsonb_typeof(bids) = 'array'");
                    table.CheckConstraint("chk_orderbook_snapshots_midpoint", "midpoint BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_orderbook_snapshots_spread", "spread BETWEEN 0 AND 1");
                },
                comment: "Order books of tokens, polled; kept for good.");

            migrationBuilder.CreateTable(
                name: "price_snapshots",
                schema: "prediction",
                columns: table => new
                {
                    ts = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    token_id = table.Column<string>(type: "text", nullable: false),
                    price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "A probability."),
                    volume_24h = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true, comment: "What the exchange says was traded in the 24 hours before.")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_price_snapshots_price", "price BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_price_snapshots_volume_24h", "volume_24h >= 0");
                },
                comment: "Prices of tokens, polled. No foreign key to markets: a token may be seen before its market is known.");

            migrationBuilder.CreateTable(
                name: "trade_keys",
                schema: "prediction",
                columns: table => new
                {
                    trade_id = table.Column<string>(type: "text", nullable: false),
                    ts = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_trade_keys", x => x.trade_id);
                },
                comment: "One row per trade id: a unique key of a hypertable must contain the time, so uniqueness over all time needs a table of its own.");

            migrationBuilder.CreateTable(
                name: "trades",
                schema: "prediction",
                columns: table => new
                {
                    ts = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    token_id = table.Column<string>(type: "text", nullable: false),
                    side = table.Column<string>(type: "character varying(4)", maxLength: 4, nullable: false),
                    price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    size = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_id = table.Column<string>(type: "text", nullable: true, comment: "The exchange's; null when it gives none.")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_trades_price", "price BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_trades_side", "side IN ('BUY', 'SELL')");
                    table.CheckConstraint("chk_trades_size", "size > 0");
                    table.CheckConstraint("chk_trades_trade_id", "trade_id <> ''");
                },
                comment: "Trades in tokens. A trade id is unique over all time by trade_keys, which a trigger fills.");

            migrationBuilder.CreateTable(
                name: "resolutions",
                schema: "prediction",
                columns: table => new
                {
                    condition_id = table.Column<string>(type: "text", nullable: false),
                    outcome = table.Column<string>(type: "text", nullable: true),
                    winner_token_id = table.Column<string>(type: "text", nullable: true, comment: "Null when nobody won (void)."),
                    resolved_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    payout_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "What a winning token paid."),
                    detection_method = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, comment: "How it was found out: by a price of 1, by the exchange's word …"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resolutions", x => x.condition_id);
                    table.CheckConstraint("chk_resolutions_detection_method", "detection_method <> ''");
                    table.CheckConstraint("chk_resolutions_payout_price", "payout_price BETWEEN 0 AND 1");
                    table.ForeignKey(
                        name: "fk_resolutions_market",
                        column: x => x.condition_id,
                        principalSchema: "prediction",
                        principalTable: "markets",
                        principalColumn: "condition_id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "How closed markets ended.");

            migrationBuilder.CreateIndex(
                name: "idx_markets_clob_token_ids",
                schema: "prediction",
                table: "markets",
                column: "clob_token_ids")
                .Annotation("Npgsql:IndexMethod", "gin")
                .Annotation("Npgsql:StorageParameter:fastupdate", false);

            migrationBuilder.CreateIndex(
                name: "idx_markets_end_date",
                schema: "prediction",
                table: "markets",
                column: "end_date",
                filter: "active AND NOT closed");

            migrationBuilder.CreateIndex(
                name: "idx_markets_slug",
                schema: "prediction",
                table: "markets",
                column: "slug");

            migrationBuilder.CreateIndex(
                name: "idx_markets_updated_at",
                schema: "prediction",
                table: "markets",
                column: "updated_at",
                filter: "closed");

            migrationBuilder.CreateIndex(
                name: "idx_orderbook_snapshots_token_id_ts",
                schema: "prediction",
                table: "orderbook_snapshots",
                columns: new[] { "token_id", "ts" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_price_snapshots_token_id_ts",
                schema: "prediction",
                table: "price_snapshots",
                columns: new[] { "token_id", "ts" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_resolutions_resolved_at",
                schema: "prediction",
                table: "resolutions",
                column: "resolved_at");

            migrationBuilder.CreateIndex(
                name: "idx_trades_token_id_ts",
                schema: "prediction",
                table: "trades",
                columns: new[] { "token_id", "ts" },
                descending: new[] { false, true });

            migrationBuilder.Sql(SqlFile.Read("PredictionMarkets.up.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(SqlFile.Read("PredictionMarkets.down.sql"));

            migrationBuilder.DropTable(
                name: "orderbook_snapshots",
                schema: "prediction");

            migrationBuilder.DropTable(
                name: "price_snapshots",
                schema: "prediction");

            migrationBuilder.DropTable(
                name: "resolutions",
                schema: "prediction");

            migrationBuilder.DropTable(
                name: "trade_keys",
                schema: "prediction");

            migrationBuilder.DropTable(
                name: "trades",
                schema: "prediction");

            migrationBuilder.DropTable(
                name: "markets",
                schema: "prediction");

            migrationBuilder.Sql(SqlFile.Read("PredictionMarkets.drop.sql"));
        }
    }
}
