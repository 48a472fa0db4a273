using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class Reading : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "changed_at",
                schema: "market",
                table: "bar_windows",
                type: "timestamp with time zone",
                nullable: false,
                defaultValueSql: "clock_timestamp()",
                comment: "When the version was counted up, shortly before the commit: what Last-Modified says.");

            migrationBuilder.Sql(SqlFile.Read("Reading.up.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(SqlFile.Replacing("Ingestion.up.sql", "market.record_change"));
            migrationBuilder.Sql(SqlFile.Replacing("MarketTables.up.sql", "market.remove_bars_of_tickers"));

            migrationBuilder.DropColumn(
                name: "changed_at",
                schema: "market",
                table: "bar_windows");
        }
    }
}
