using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql.NameTranslation;
using Wyckoff.Findings;
using Wyckoff.MarketData;
using Wyckoff.PredictionMarkets;

namespace Wyckoff;

/// <summary>Every table of the product. Rows that come in bulk do not go through it: they are copied.</summary>
public sealed class WyckoffDbContext(DbContextOptions<WyckoffDbContext> options) : DbContext(options)
{
    public DbSet<Ticker> Tickers => Set<Ticker>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        MarketDataModel.Configure(modelBuilder);
        FindingsModel.Configure(modelBuilder);
        PredictionModel.Configure(modelBuilder);

        // psql is a user interface: no quoted names.
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            // Numbers inside a word are the translator's blind spot (Target1): where a column is named, it keeps its name.
            if (property.FindAnnotation(RelationalAnnotationNames.ColumnName) is null)
            {
                property.SetColumnName(NpgsqlSnakeCaseNameTranslator.ConvertToSnakeCase(property.Name));
            }
        }
    }
}
