using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class Accounts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "account");

            migrationBuilder.CreateTable(
                name: "user_accounts",
                schema: "account",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    external_user_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, comment: "The id by which the world outside knows the account."),
                    name = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    email = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false, comment: "In lower case, so that unique means unique."),
                    google_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true, comment: "Google's 'sub': never reused, unlike the address."),
                    auth_provider = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, defaultValue: "google"),
                    profile_picture_url = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: true),
                    phone = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    address = table.Column<string>(type: "text", nullable: true),
                    date_of_birth = table.Column<DateOnly>(type: "date", nullable: true),
                    gender = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    is_active = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true, comment: "A deactivated account cannot sign in; its rows stay."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_accounts", x => x.id);
                    table.CheckConstraint("chk_user_accounts_auth_provider", "auth_provider IN ('google', 'local')");
                    table.CheckConstraint("chk_user_accounts_date_of_birth", "date_of_birth >= '1900-01-01' AND isfinite(date_of_birth)");
                    table.CheckConstraint("chk_user_accounts_email", "email ~ '^[!-?[-~]+@[!-?[-~]+$'");
                    table.CheckConstraint("chk_user_accounts_external_user_id", "btrim(external_user_id) <> ''");
                    table.CheckConstraint("chk_user_accounts_google", "auth_provider <> 'google' OR google_id IS NOT NULL");
                    table.CheckConstraint("chk_user_accounts_google_id", "btrim(google_id) <> ''");
                    table.CheckConstraint("chk_user_accounts_name", "btrim(name) <> ''");
                    table.CheckConstraint("chk_user_accounts_profile_picture_url", "profile_picture_url ~ '^https?://'");
                },
                comment: "Who uses the platform. Made and found by account.sign_in(); an app sees only the one its transaction works for.");

            migrationBuilder.CreateTable(
                name: "waitlist",
                schema: "account",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    name = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    email = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false, comment: "In lower case, so that unique means unique."),
                    status = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, defaultValue: "waiting"),
                    referral_source = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true, comment: "How they heard of the platform."),
                    notes = table.Column<string>(type: "text", nullable: true, comment: "The administrator's."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_waitlist", x => x.id);
                    table.CheckConstraint("chk_waitlist_email", "email ~ '^[!-?[-~]+@[!-?[-~]+$'");
                    table.CheckConstraint("chk_waitlist_name", "btrim(name) <> ''");
                    table.CheckConstraint("chk_waitlist_status", "status IN ('waiting', 'approved', 'rejected')");
                },
                comment: "Who asks for access. Filled by account.join_waitlist(), judged by hand.");

            migrationBuilder.CreateTable(
                name: "api_keys",
                schema: "account",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, comment: "What its owner calls it."),
                    prefix = table.Column<string>(type: "character varying(11)", maxLength: 11, nullable: false, comment: "The first characters of the key, to tell keys apart."),
                    key_hash = table.Column<byte[]>(type: "bytea", nullable: false, comment: "SHA-256 of the whole key."),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "NULL: never."),
                    last_used_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "To the minute."),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_keys", x => x.id);
                    table.CheckConstraint("chk_api_keys_expires_at", "expires_at > created_at");
                    table.CheckConstraint("chk_api_keys_key_hash", "octet_length(key_hash) = 32");
                    table.CheckConstraint("chk_api_keys_name", "btrim(name) <> ''");
                    table.CheckConstraint("chk_api_keys_prefix", "prefix ~ '^wk_[A-Za-z0-9_-]{8}$'");
                    table.CheckConstraint("chk_api_keys_revoked_at", "revoked_at >= created_at");
                    table.ForeignKey(
                        name: "fk_api_keys_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Keys with which programs act for an account. Only hashes: a key is shown once, when it is made.");

            migrationBuilder.CreateTable(
                name: "user_profiles",
                schema: "account",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    user_account_id = table.Column<long>(type: "bigint", nullable: false),
                    profile = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'", comment: "account_balance, default_timeframes, experience_level, trading_style, primary_markets, account_size_range, evaluation_controls"),
                    risk_profile = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'", comment: "max_position_size_pct, max_risk_per_trade_pct, max_daily_loss_pct, min_risk_reward_ratio, max_open_positions, stop_loss_required"),
                    site_prefs = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'", comment: "theme, sidebar_collapsed, notifications_enabled, language"),
                    stats = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'", comment: "The trader's personal baselines, as last computed."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_profiles", x => x.id);
                    table.CheckConstraint("chk_user_profiles_max_daily_loss_pct", "risk_profile -> 'max_daily_loss_pct' BETWEEN '0' AND '100'");
                    table.CheckConstraint("chk_user_profiles_max_open_positions", "risk_profile -> 'max_open_positions' BETWEEN '0' AND '100000'");
                    table.CheckConstraint("chk_user_profiles_max_position_size_pct", "risk_profile -> 'max_position_size_pct' BETWEEN '0' AND '100'");
                    table.CheckConstraint("chk_user_profiles_max_risk_per_trade_pct", "risk_profile -> 'max_risk_per_trade_pct' BETWEEN '0' AND '100'");
                    table.CheckConstraint("chk_user_profiles_min_risk_reward_ratio", "risk_profile -> 'min_risk_reward_ratio' BETWEEN '0' AND '100000'");
                    table.CheckConstraint("chk_user_profiles_profile", "jsonb_typeof(profile) = 'object'");
                    table.CheckConstraint("chk_user_profiles_risk_profile", "jsonb_typeof(risk_profile) = 'object'");
                    table.CheckConstraint("chk_user_profiles_site_prefs", "jsonb_typeof(site_prefs) = 'object'");
                    table.CheckConstraint("chk_user_profiles_stats", "jsonb_typeof(stats) = 'object'");
                    table.CheckConstraint("chk_user_profiles_stop_loss_required", "risk_profile -> 'stop_loss_required' IN ('true', 'false')");
                    table.ForeignKey(
                        name: "fk_user_profiles_account",
                        column: x => x.user_account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Trading, risk and site preferences: one row per account.");

            migrationBuilder.CreateTable(
                name: "user_rules",
                schema: "account",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    rule_code = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, comment: "Such as RS001."),
                    evaluator = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, comment: "Which evaluator reads this rule."),
                    parameters = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'", comment: "Thresholds and severity."),
                    is_enabled = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    description = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_rules", x => x.id);
                    table.CheckConstraint("chk_user_rules_evaluator", "btrim(evaluator) <> ''");
                    table.CheckConstraint("chk_user_rules_parameters", "jsonb_typeof(parameters) = 'object'");
                    table.CheckConstraint("chk_user_rules_rule_code", "btrim(rule_code) <> ''");
                    table.CheckConstraint("chk_user_rules_severity", "parameters -> 'severity' IN ('\"info\"', '\"warn\"', '\"critical\"')");
                    table.ForeignKey(
                        name: "fk_user_rules_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "An account's own settings of the evaluators' rules.");

            migrationBuilder.CreateIndex(
                name: "idx_api_keys_account_id",
                schema: "account",
                table: "api_keys",
                column: "account_id");

            migrationBuilder.CreateIndex(
                name: "idx_api_keys_key_hash",
                schema: "account",
                table: "api_keys",
                column: "key_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_user_accounts_email",
                schema: "account",
                table: "user_accounts",
                column: "email",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_user_accounts_external_user_id",
                schema: "account",
                table: "user_accounts",
                column: "external_user_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_user_accounts_google_id",
                schema: "account",
                table: "user_accounts",
                column: "google_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_user_profiles_user_account_id",
                schema: "account",
                table: "user_profiles",
                column: "user_account_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_user_rules_account_id_evaluator_rule_code",
                schema: "account",
                table: "user_rules",
                columns: new[] { "account_id", "evaluator", "rule_code" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_waitlist_email",
                schema: "account",
                table: "waitlist",
                column: "email",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_waitlist_status_created_at",
                schema: "account",
                table: "waitlist",
                columns: new[] { "status", "created_at" });

            migrationBuilder.Sql(SqlFile.Read("Accounts.up.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(SqlFile.Read("Accounts.down.sql"));

            migrationBuilder.DropTable(
                name: "api_keys",
                schema: "account");

            migrationBuilder.DropTable(
                name: "user_profiles",
                schema: "account");

            migrationBuilder.DropTable(
                name: "user_rules",
                schema: "account");

            migrationBuilder.DropTable(
                name: "waitlist",
                schema: "account");

            migrationBuilder.DropTable(
                name: "user_accounts",
                schema: "account");

            migrationBuilder.Sql(SqlFile.Read("Accounts.drop.sql"));
        }
    }
}
