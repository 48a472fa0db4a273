using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class Access : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropCheckConstraint(
                name: "chk_user_accounts_auth_provider",
                schema: "account",
                table: "user_accounts");

            migrationBuilder.AlterTable(
                name: "waitlist",
                schema: "account",
                comment: "Who asks for access. account.join_waitlist() adds entries; an administrator decides on them, and approval makes an account.",
                oldComment: "Who asks for access. Filled by account.join_waitlist(), judged by hand.");

            migrationBuilder.AlterTable(
                name: "user_accounts",
                schema: "account",
                comment: "Who uses the platform. Made by account.sign_in() or an administrator; an app sees only the account of its transaction.",
                oldComment: "Who uses the platform. Made and found by account.sign_in(); an app sees only the one its transaction works for.");

            migrationBuilder.AddColumn<bool>(
                name: "is_admin",
                schema: "account",
                table: "user_accounts",
                type: "boolean",
                nullable: false,
                defaultValue: false,
                comment: "May change market data and administer accounts, with a key of that scope or a session.");

            migrationBuilder.AddColumn<string>(
                name: "scope",
                schema: "account",
                table: "api_keys",
                type: "character varying(10)",
                maxLength: 10,
                nullable: false,
                defaultValue: "read",
                comment: "read, write or admin. admin has an effect only while the account is an administrator's.");

            migrationBuilder.CreateTable(
                name: "sessions",
                schema: "account",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    token_hash = table.Column<byte[]>(type: "bytea", nullable: false, comment: "SHA-256 of the token in the cookie."),
                    user_agent = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: true, comment: "What the browser calls itself, so that its owner recognizes it."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_used_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "To the minute."),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "When somebody signed out; NULL: not yet.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sessions", x => x.id);
                    table.CheckConstraint("chk_sessions_expires_at", "expires_at > created_at");
                    table.CheckConstraint("chk_sessions_revoked_at", "revoked_at >= created_at");
                    table.CheckConstraint("chk_sessions_token_hash", "octet_length(token_hash) = 32");
                    table.ForeignKey(
                        name: "fk_sessions_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Browsers in which somebody has signed in. The cookie holds a random token, the table only its hash.");

            migrationBuilder.AddCheckConstraint(
                name: "chk_user_accounts_auth_provider",
                schema: "account",
                table: "user_accounts",
                sql: "auth_provider IN ('google', 'local', 'oidc')");

            migrationBuilder.AddCheckConstraint(
                name: "chk_api_keys_scope",
                schema: "account",
                table: "api_keys",
                sql: "scope IN ('read', 'write', 'admin')");

            migrationBuilder.CreateIndex(
                name: "idx_sessions_account_id",
                schema: "account",
                table: "sessions",
                column: "account_id");

            migrationBuilder.CreateIndex(
                name: "idx_sessions_token_hash",
                schema: "account",
                table: "sessions",
                column: "token_hash",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "sessions",
                schema: "account");

            migrationBuilder.DropCheckConstraint(
                name: "chk_user_accounts_auth_provider",
                schema: "account",
                table: "user_accounts");

            migrationBuilder.DropCheckConstraint(
                name: "chk_api_keys_scope",
                schema: "account",
                table: "api_keys");

            migrationBuilder.DropColumn(
                name: "is_admin",
                schema: "account",
                table: "user_accounts");

            migrationBuilder.DropColumn(
                name: "scope",
                schema: "account",
                table: "api_keys");

            migrationBuilder.AlterTable(
                name: "waitlist",
                schema: "account",
                comment: "Who asks for access. Filled by account.join_waitlist(), judged by hand.",
                oldComment: "Who asks for access. account.join_waitlist() adds entries; an administrator decides on them, and approval makes an account.");

            migrationBuilder.AlterTable(
                name: "user_accounts",
                schema: "account",
                comment: "Who uses the platform. Made and found by account.sign_in(); an app sees only the one its transaction works for.",
                oldComment: "Who uses the platform. Made by account.sign_in() or an administrator; an app sees only the account of its transaction.");

            migrationBuilder.AddCheckConstraint(
                name: "chk_user_accounts_auth_provider",
                schema: "account",
                table: "user_accounts",
                sql: "auth_provider IN ('google', 'local')");
        }
    }
}
