using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
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

        // psql is a user interface: no quoted names. A name given explicitly stands: Sma20 would become sma20.
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()).Where(property => property.FindAnnotation(RelationalAnnotationNames.ColumnName) is null))
        {
            property.SetColumnName(NpgsqlSnakeCaseNameTranslator.ConvertToSnakeCase(property.Name));
        }
    }
}
