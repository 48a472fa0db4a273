using Microsoft.EntityFrameworkCore;
using Npgsql.NameTranslation;
using Wyckoff.Accounts;
using Wyckoff.Auditing;
using Wyckoff.Journal;
using Wyckoff.MarketData;

namespace Wyckoff;

/// <summary>Every table of the product. Rows that come in bulk do not go through it: they are copied.</summary>
public sealed class WyckoffDbContext(DbContextOptions<WyckoffDbContext> options) : DbContext(options)
{
    public DbSet<Ticker> Tickers => Set<Ticker>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        MarketDataModel.Configure(modelBuilder);
        AuditingModel.Configure(modelBuilder);
        AccountsModel.Configure(modelBuilder);
        JournalModel.Configure(modelBuilder);

        // psql is a user interface: no quoted names.
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            property.SetColumnName(NpgsqlSnakeCaseNameTranslator.ConvertToSnakeCase(property.Name));
        }
    }
}
