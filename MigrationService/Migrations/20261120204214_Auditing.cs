using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class Auditing : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "audit");

            migrationBuilder.CreateTable(
                name: "audit_trail",
                schema: "audit",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    event_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, comment: "<entity type>.created, .updated or .deleted"),
                    entity_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    entity_id = table.Column<string>(type: "text", nullable: false, comment: "Text, because ids are numbers in some schemas and UUIDs in others; the parts of a composite key are joined by '/'."),
                    account_id = table.Column<long>(type: "bigint", nullable: true, comment: "Whose row it was; NULL: nobody's. No foreign key: the entry outlives the account."),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "When the change was made: clock time, where created_at is the start of its transaction."),
                    actor = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false, comment: "The setting app.actor, else the session's user."),
                    action = table.Column<string>(type: "text", nullable: false, comment: "INSERT, DELETE, or UPDATE and the columns it changed."),
                    metadata = table.Column<string>(type: "jsonb", nullable: true, comment: "old and new values of what changed, without the columns that are secret; hidden: the names of those that changed."),
                    correlation_id = table.Column<Guid>(type: "uuid", nullable: false, comment: "The setting app.correlation_id, else one made of the transaction."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_trail", x => x.id);
                    table.CheckConstraint("chk_audit_trail_action", "action <> ''");
                    table.CheckConstraint("chk_audit_trail_actor", "actor <> ''");
                    table.CheckConstraint("chk_audit_trail_entity_type", "entity_type <> ''");
                    table.CheckConstraint("chk_audit_trail_event_type", "event_type <> ''");
                    table.CheckConstraint("chk_audit_trail_metadata", "jsonb_typeof(metadata) = 'object'");
                },
                comment: "Every order, trade, signal, campaign and account change, in the transaction that made it. Append-only: triggers refuse UPDATE, DELETE and TRUNCATE to everybody.");

            migrationBuilder.CreateIndex(
                name: "idx_audit_trail_account_id_timestamp",
                schema: "audit",
                table: "audit_trail",
                columns: new[] { "account_id", "timestamp" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_audit_trail_correlation_id",
                schema: "audit",
                table: "audit_trail",
                column: "correlation_id");

            migrationBuilder.CreateIndex(
                name: "idx_audit_trail_entity_type_entity_id_timestamp",
                schema: "audit",
                table: "audit_trail",
                columns: new[] { "entity_type", "entity_id", "timestamp" });

            migrationBuilder.Sql(SqlFile.Read("Auditing.up.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(SqlFile.Read("Auditing.down.sql"));

            migrationBuilder.DropTable(
                name: "audit_trail",
                schema: "audit");

            migrationBuilder.Sql(SqlFile.Read("Auditing.drop.sql"));
        }
    }
}
