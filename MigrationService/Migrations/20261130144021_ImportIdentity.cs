using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class ImportIdentity : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "idx_import_batches_sha256",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_error_message",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_status",
                schema: "market",
                table: "import_batches");

            migrationBuilder.AddColumn<string>(
                name: "options",
                schema: "market",
                table: "import_batches",
                type: "jsonb",
                nullable: false,
                defaultValueSql: "'{}'",
                comment: "All options of the import. The same file with other options is another import.");

            migrationBuilder.AddColumn<int[]>(
                name: "ticker_ids",
                schema: "market",
                table: "import_batches",
                type: "integer[]",
                nullable: false,
                defaultValueSql: "'{}'",
                comment: "The tickers whose bars the import wrote. If one of them is deleted, the file counts as not imported.");

            migrationBuilder.CreateIndex(
                name: "idx_import_batches_sha256",
                schema: "market",
                table: "import_batches",
                column: "sha256");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_error_message",
                schema: "market",
                table: "import_batches",
                sql: "(status IN ('failed', 'interrupted')) = (error_message IS NOT NULL)");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_options",
                schema: "market",
                table: "import_batches",
                sql: "jsonb_typeof(options) = 'object'");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_status",
                schema: "market",
                table: "import_batches",
                sql: "status IN ('running', 'completed', 'failed', 'interrupted')");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "idx_import_batches_sha256",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_error_message",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_options",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropCheckConstraint(
                name: "chk_import_batches_status",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "options",
                schema: "market",
                table: "import_batches");

            migrationBuilder.DropColumn(
                name: "ticker_ids",
                schema: "market",
                table: "import_batches");

            migrationBuilder.CreateIndex(
                name: "idx_import_batches_sha256",
                schema: "market",
                table: "import_batches",
                column: "sha256",
                filter: "status = 'completed'");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_error_message",
                schema: "market",
                table: "import_batches",
                sql: "(status = 'failed') = (error_message IS NOT NULL)");

            migrationBuilder.AddCheckConstraint(
                name: "chk_import_batches_status",
                schema: "market",
                table: "import_batches",
                sql: "status IN ('running', 'completed', 'failed')");
        }
    }
}
