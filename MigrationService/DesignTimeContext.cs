using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Wyckoff.MigrationService;

/// <summary>The context of <c>dotnet ef migrations</c> and of MigrationService: both need the model and the migrations of this build, and no database.</summary>
internal sealed class DesignTimeContext : IDesignTimeDbContextFactory<WyckoffDbContext>
{
    private static readonly DbContextOptions<WyckoffDbContext> Options =
        (DbContextOptions<WyckoffDbContext>)new DbContextOptionsBuilder<WyckoffDbContext>().UseWyckoff().Options;

    public WyckoffDbContext CreateDbContext(string[] args) => Create();

    public static WyckoffDbContext Create() => new(Options);
}
