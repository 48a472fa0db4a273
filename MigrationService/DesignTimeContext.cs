using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Npgsql;

namespace Wyckoff.MigrationService;

/// <summary>What <c>dotnet ef migrations</c> makes its context with: it needs the model, never a database.</summary>
internal sealed class DesignTimeContext : IDesignTimeDbContextFactory<WyckoffDbContext>
{
    public WyckoffDbContext CreateDbContext(string[] args) =>
        new((DbContextOptions<WyckoffDbContext>)new DbContextOptionsBuilder<WyckoffDbContext>().UseWyckoff(NpgsqlDataSource.Create("Host=localhost;Database=wyckoff")).Options);
}
