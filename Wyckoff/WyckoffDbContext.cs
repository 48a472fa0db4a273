using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql.NameTranslation;
using Wyckoff.MarketData;
using Wyckoff.Trading;
using Wyckoff.Trading.Strategies;

namespace Wyckoff;

/// <summary>Every table of the product. Rows that come in bulk do not go through it: they are copied.</summary>
public sealed class WyckoffDbContext(DbContextOptions<WyckoffDbContext> options) : DbContext(options)
{
    public DbSet<Ticker> Tickers => Set<Ticker>();

    public DbSet<Strategy> Strategies => Set<Strategy>();

    public DbSet<Order> Orders => Set<Order>();

    public DbSet<Trade> Trades => Set<Trade>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        MarketDataModel.Configure(modelBuilder);
        TradingModel.Configure(modelBuilder);

        // psql is a user interface: no quoted names.
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            // A name given by hand stays: the translator does not part letters from digits (var_1d).
            if (property.FindAnnotation(RelationalAnnotationNames.ColumnName) is null)
            {
                property.SetColumnName(NpgsqlSnakeCaseNameTranslator.ConvertToSnakeCase(property.Name));
            }
        }
    }
}
