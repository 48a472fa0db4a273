using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Wyckoff.MigrationService;

/// <summary>
/// Creates the context for <c>dotnet ef migrations</c> and MigrationService: model and migrations of this build, no database.
/// </summary>
internal sealed class DesignTimeContext : IDesignTimeDbContextFactory<WyckoffDbContext>
{
    private static readonly DbContextOptions<WyckoffDbContext> Options =
        (DbContextOptions<WyckoffDbContext>)new DbContextOptionsBuilder<WyckoffDbContext>().UseWyckoff().Options;

    public WyckoffDbContext CreateDbContext(string[] args) => Create();

    public static WyckoffDbContext Create() => new(Options);
}
