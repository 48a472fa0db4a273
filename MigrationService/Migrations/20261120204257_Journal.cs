using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class Journal : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "journal");

            migrationBuilder.CreateTable(
                name: "journal_entries",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    date = table.Column<DateOnly>(type: "date", nullable: false, comment: "The day it is about."),
                    entry_type = table.Column<string>(type: "character varying(30)", maxLength: 30, nullable: false),
                    content = table.Column<string>(type: "text", nullable: false),
                    trade_id = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true, comment: "The trade it is about, as the trader names it."),
                    tags = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'"),
                    mood = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    campaign_id = table.Column<Guid>(type: "uuid", nullable: true, comment: "The Wyckoff campaign it is about."),
                    signal_id = table.Column<Guid>(type: "uuid", nullable: true, comment: "The signal it is about."),
                    wyckoff_checklist = table.Column<string>(type: "jsonb", nullable: true, comment: "Which points of the method the trader ticked off."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_journal_entries", x => x.id);
                    table.CheckConstraint("chk_journal_entries_content", "btrim(content) <> ''");
                    table.CheckConstraint("chk_journal_entries_date", "isfinite(date)");
                    table.CheckConstraint("chk_journal_entries_entry_type", "btrim(entry_type) <> ''");
                    table.CheckConstraint("chk_journal_entries_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_journal_entries_tags", "jsonb_typeof(tags) = 'array'");
                    table.CheckConstraint("chk_journal_entries_wyckoff_checklist", "jsonb_typeof(wyckoff_checklist) = 'object'");
                    table.ForeignKey(
                        name: "fk_journal_entries_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "The trader's journal.");

            migrationBuilder.CreateTable(
                name: "snaptrade_users",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    user_account_id = table.Column<long>(type: "bigint", nullable: false),
                    snaptrade_user_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    snaptrade_user_secret = table.Column<string>(type: "text", nullable: false, comment: "Encrypted, with keys that are not in this database; text, since the encrypted form is longer than 255."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_snaptrade_users", x => x.id);
                    table.UniqueConstraint("idx_snaptrade_users_user_account_id_id", x => new { x.user_account_id, x.id });
                    table.CheckConstraint("chk_snaptrade_users_snaptrade_user_id", "btrim(snaptrade_user_id) <> ''");
                    table.CheckConstraint("chk_snaptrade_users_snaptrade_user_secret", "snaptrade_user_secret ~ '^CfDJ8[A-Za-z0-9_-]{80,}$'");
                    table.ForeignKey(
                        name: "fk_snaptrade_users_account",
                        column: x => x.user_account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Who an account is at SnapTrade.");

            migrationBuilder.CreateTable(
                name: "broker_connections",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false, comment: "The account of snaptrade_user_id, for the policy to see."),
                    snaptrade_user_id = table.Column<long>(type: "bigint", nullable: false),
                    brokerage_name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    brokerage_slug = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    authorization_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false, comment: "SnapTrade's id of the connection."),
                    meta = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'"),
                    is_active = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_broker_connections", x => x.id);
                    table.UniqueConstraint("idx_broker_connections_account_id_id", x => new { x.account_id, x.id });
                    table.CheckConstraint("chk_broker_connections_authorization_id", "btrim(authorization_id) <> ''");
                    table.CheckConstraint("chk_broker_connections_brokerage_name", "btrim(brokerage_name) <> ''");
                    table.CheckConstraint("chk_broker_connections_brokerage_slug", "btrim(brokerage_slug) <> ''");
                    table.CheckConstraint("chk_broker_connections_meta", "jsonb_typeof(meta) = 'object'");
                    table.ForeignKey(
                        name: "fk_broker_connections_snaptrade_user",
                        columns: x => new { x.account_id, x.snaptrade_user_id },
                        principalSchema: "journal",
                        principalTable: "snaptrade_users",
                        principalColumns: new[] { "user_account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Brokerage accounts connected through SnapTrade. One with fills cannot be deleted, since the ledger keeps them: it is deactivated.");

            migrationBuilder.CreateTable(
                name: "trade_fills",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    broker_connection_id = table.Column<long>(type: "bigint", nullable: true, comment: "NULL: entered by hand or imported from a file."),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    side = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    quantity = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "Zero: expired, assigned or given."),
                    fees = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, defaultValue: 0m, comment: "Negative: a rebate."),
                    executed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    broker = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    asset_type = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, defaultValue: "equity"),
                    currency = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false, defaultValue: "USD"),
                    order_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true, comment: "The broker's."),
                    venue = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    external_trade_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true, comment: "The broker's id of the fill: what makes a second sync change nothing."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    import_batch_id = table.Column<long>(type: "bigint", nullable: true, comment: "No foreign key: import batches may be cleared away, and a fill does not change."),
                    raw_data = table.Column<string>(type: "jsonb", nullable: true, comment: "What the broker sent."),
                    tags = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_trade_fills", x => x.id);
                    table.UniqueConstraint("idx_trade_fills_account_id_id", x => new { x.account_id, x.id });
                    table.CheckConstraint("chk_trade_fills_asset_type", "asset_type IN ('equity', 'option', 'crypto')");
                    table.CheckConstraint("chk_trade_fills_currency", "currency ~ '^[A-Z]{3,10}$'");
                    table.CheckConstraint("chk_trade_fills_executed_at", "isfinite(executed_at)");
                    table.CheckConstraint("chk_trade_fills_external_trade_id", "btrim(external_trade_id) <> ''");
                    table.CheckConstraint("chk_trade_fills_fees", "fees <> 'NaN'");
                    table.CheckConstraint("chk_trade_fills_price", "price >= 0 AND price <> 'NaN'");
                    table.CheckConstraint("chk_trade_fills_quantity", "quantity > 0 AND quantity <> 'NaN'");
                    table.CheckConstraint("chk_trade_fills_raw_data", "jsonb_typeof(raw_data) = 'object'");
                    table.CheckConstraint("chk_trade_fills_side", "side IN ('buy', 'sell')");
                    table.CheckConstraint("chk_trade_fills_source", "source IN ('broker_synced', 'manual')");
                    table.CheckConstraint("chk_trade_fills_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_trade_fills_synced", "source <> 'broker_synced' OR external_trade_id IS NOT NULL");
                    table.CheckConstraint("chk_trade_fills_tags", "jsonb_typeof(tags) = 'array'");
                    table.ForeignKey(
                        name: "fk_trade_fills_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_trade_fills_broker_connection",
                        columns: x => new { x.account_id, x.broker_connection_id },
                        principalSchema: "journal",
                        principalTable: "broker_connections",
                        principalColumns: new[] { "account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Executed fills: an immutable ledger. Triggers refuse UPDATE and TRUNCATE to everybody, and DELETE except in the cascade of the account.");

            migrationBuilder.CreateTable(
                name: "campaign_fills",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false, comment: "The account of the fill, for the policy to see."),
                    group_id = table.Column<long>(type: "bigint", nullable: false, comment: "The campaign: the id of its first fill."),
                    fill_id = table.Column<long>(type: "bigint", nullable: false),
                    quantity = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false, comment: "As much of the fill as counts in this campaign: one that turns a position over is split between two."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()", comment: "When the grouping was rebuilt.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_campaign_fills", x => x.id);
                    table.CheckConstraint("chk_campaign_fills_quantity", "quantity > 0 AND quantity <> 'NaN'");
                    table.ForeignKey(
                        name: "fk_campaign_fills_fill",
                        columns: x => new { x.account_id, x.fill_id },
                        principalSchema: "journal",
                        principalTable: "trade_fills",
                        principalColumns: new[] { "account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_campaign_fills_group",
                        columns: x => new { x.account_id, x.group_id },
                        principalSchema: "journal",
                        principalTable: "trade_fills",
                        principalColumns: new[] { "account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Which fills make up a campaign: from flat to flat, first in, first out. Derived from trade_fills and rebuilt from them.");

            migrationBuilder.CreateTable(
                name: "decision_contexts",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    fill_id = table.Column<long>(type: "bigint", nullable: false),
                    context_type = table.Column<string>(type: "character varying(30)", maxLength: 30, nullable: false),
                    strategy_id = table.Column<Guid>(type: "uuid", nullable: true, comment: "The strategy it followed: of the same account, or a benchmark."),
                    hypothesis = table.Column<string>(type: "text", nullable: true),
                    exit_intent = table.Column<string>(type: "jsonb", nullable: true, comment: "Planned exit conditions."),
                    feelings_then = table.Column<string>(type: "jsonb", nullable: true, comment: "At the time of the decision."),
                    feelings_now = table.Column<string>(type: "jsonb", nullable: true, comment: "Looking back."),
                    notes = table.Column<string>(type: "text", nullable: true),
                    inferred_context = table.Column<string>(type: "jsonb", nullable: true, comment: "What the platform made of it without asking."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_decision_contexts", x => x.id);
                    table.UniqueConstraint("idx_decision_contexts_account_id_id", x => new { x.account_id, x.id });
                    table.CheckConstraint("chk_decision_contexts_context_type", "context_type IN ('entry', 'add', 'reduce', 'exit', 'idea', 'post_trade_reflection')");
                    table.CheckConstraint("chk_decision_contexts_exit_intent", "jsonb_typeof(exit_intent) = 'object'");
                    table.CheckConstraint("chk_decision_contexts_feelings_now", "jsonb_typeof(feelings_now) = 'object'");
                    table.CheckConstraint("chk_decision_contexts_feelings_then", "jsonb_typeof(feelings_then) = 'object'");
                    table.CheckConstraint("chk_decision_contexts_inferred_context", "jsonb_typeof(inferred_context) = 'object'");
                    table.ForeignKey(
                        name: "fk_decision_contexts_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_decision_contexts_fill",
                        columns: x => new { x.account_id, x.fill_id },
                        principalSchema: "journal",
                        principalTable: "trade_fills",
                        principalColumns: new[] { "account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "What the trader thought and felt: at most one per fill.");

            migrationBuilder.CreateTable(
                name: "campaign_checks",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    decision_context_id = table.Column<long>(type: "bigint", nullable: false),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    check_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, comment: "Such as RS001."),
                    check_name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    severity = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    passed = table.Column<bool>(type: "boolean", nullable: false),
                    details = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'"),
                    nudge_text = table.Column<string>(type: "text", nullable: true, comment: "What the trader is told."),
                    acknowledged = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    trader_action = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true, comment: "What the trader then did; only after acknowledging."),
                    checked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    check_phase = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_campaign_checks", x => x.id);
                    table.CheckConstraint("chk_campaign_checks_acknowledged", "trader_action IS NULL OR acknowledged");
                    table.CheckConstraint("chk_campaign_checks_check_phase", "check_phase IN ('pre_trade', 'at_entry', 'during', 'at_exit', 'post_trade')");
                    table.CheckConstraint("chk_campaign_checks_check_type", "btrim(check_type) <> ''");
                    table.CheckConstraint("chk_campaign_checks_details", "jsonb_typeof(details) = 'object'");
                    table.CheckConstraint("chk_campaign_checks_severity", "severity IN ('info', 'warn', 'critical')");
                    table.CheckConstraint("chk_campaign_checks_trader_action", "trader_action IN ('proceeded', 'modified', 'cancelled')");
                    table.ForeignKey(
                        name: "fk_campaign_checks_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_campaign_checks_decision_context",
                        columns: x => new { x.account_id, x.decision_context_id },
                        principalSchema: "journal",
                        principalTable: "decision_contexts",
                        principalColumns: new[] { "account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "What behavioural checks found about a decision; those it passed are kept too.");

            migrationBuilder.CreateIndex(
                name: "idx_broker_connections_account_id_snaptrade_user_id",
                schema: "journal",
                table: "broker_connections",
                columns: new[] { "account_id", "snaptrade_user_id" });

            migrationBuilder.CreateIndex(
                name: "idx_broker_connections_authorization_id",
                schema: "journal",
                table: "broker_connections",
                column: "authorization_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_campaign_checks_account_id_checked_at",
                schema: "journal",
                table: "campaign_checks",
                columns: new[] { "account_id", "checked_at" },
                descending: new[] { false, true },
                filter: "NOT passed AND NOT acknowledged");

            migrationBuilder.CreateIndex(
                name: "idx_campaign_checks_account_id_decision_context_id",
                schema: "journal",
                table: "campaign_checks",
                columns: new[] { "account_id", "decision_context_id" });

            migrationBuilder.CreateIndex(
                name: "idx_campaign_fills_account_id_fill_id",
                schema: "journal",
                table: "campaign_fills",
                columns: new[] { "account_id", "fill_id" });

            migrationBuilder.CreateIndex(
                name: "idx_campaign_fills_account_id_group_id_fill_id",
                schema: "journal",
                table: "campaign_fills",
                columns: new[] { "account_id", "group_id", "fill_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_decision_contexts_account_id_fill_id",
                schema: "journal",
                table: "decision_contexts",
                columns: new[] { "account_id", "fill_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_decision_contexts_strategy_id",
                schema: "journal",
                table: "decision_contexts",
                column: "strategy_id",
                filter: "strategy_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_journal_entries_account_id_date_id",
                schema: "journal",
                table: "journal_entries",
                columns: new[] { "account_id", "date", "id" },
                descending: new[] { false, true, true });

            migrationBuilder.CreateIndex(
                name: "idx_journal_entries_account_id_trade_id",
                schema: "journal",
                table: "journal_entries",
                columns: new[] { "account_id", "trade_id" },
                filter: "trade_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_snaptrade_users_snaptrade_user_id",
                schema: "journal",
                table: "snaptrade_users",
                column: "snaptrade_user_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_snaptrade_users_user_account_id",
                schema: "journal",
                table: "snaptrade_users",
                column: "user_account_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_trade_fills_account_id_broker_connection_id",
                schema: "journal",
                table: "trade_fills",
                columns: new[] { "account_id", "broker_connection_id" },
                filter: "broker_connection_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_trade_fills_account_id_executed_at_id",
                schema: "journal",
                table: "trade_fills",
                columns: new[] { "account_id", "executed_at", "id" },
                descending: new[] { false, true, true });

            migrationBuilder.CreateIndex(
                name: "idx_trade_fills_account_id_external_trade_id",
                schema: "journal",
                table: "trade_fills",
                columns: new[] { "account_id", "external_trade_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_trade_fills_account_id_symbol_executed_at_id",
                schema: "journal",
                table: "trade_fills",
                columns: new[] { "account_id", "symbol", "executed_at", "id" });

            migrationBuilder.Sql(SqlFile.Read("Journal.up.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(SqlFile.Read("Journal.down.sql"));

            migrationBuilder.DropTable(
                name: "campaign_checks",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "campaign_fills",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "journal_entries",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "decision_contexts",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "trade_fills",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "broker_connections",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "snaptrade_users",
                schema: "journal");

            migrationBuilder.Sql(SqlFile.Read("Journal.drop.sql"));
        }
    }
}
