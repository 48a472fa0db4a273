using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql.NameTranslation;
using Wyckoff.Accounts;
using Wyckoff.Auditing;
using Wyckoff.Bars;
using Wyckoff.Features;
using Wyckoff.Findings;
using Wyckoff.Imports.Records;
using Wyckoff.Indicators;
using Wyckoff.Journal;
using Wyckoff.Postgres;
using Wyckoff.PredictionMarkets;
using Wyckoff.Sync;
using Wyckoff.Tickers;
using Wyckoff.Trading;
using Wyckoff.Trading.Strategies;

namespace Wyckoff;

/// <summary>Every table of the product. Rows that come in bulk do not go through it: they are copied.</summary>
public sealed class WyckoffDbContext(DbContextOptions<WyckoffDbContext> options) : DbContext(options)
{
    public DbSet<Ticker> Tickers => Set<Ticker>();

    public DbSet<Strategy> Strategies => Set<Strategy>();

    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        AuditingModel.Configure(modelBuilder);
        AccountsModel.Configure(modelBuilder);
        TickersModel.Configure(modelBuilder);
        BarsModel.Configure(modelBuilder);
        IndicatorsModel.Configure(modelBuilder);
        FeaturesModel.Configure(modelBuilder);
        SyncModel.Configure(modelBuilder);
        ImportsModel.Configure(modelBuilder);
        FindingsModel.Configure(modelBuilder);
        TradingModel.Configure(modelBuilder);
        JournalModel.Configure(modelBuilder);
        PredictionModel.Configure(modelBuilder);
        MigrationRunModel.Configure(modelBuilder);

        // psql is a user interface: no quoted names. A name given explicitly stands: the translator would make sma20 of Sma20.
        foreach (
            var property in modelBuilder
                .Model.GetEntityTypes()
                .SelectMany(entity => entity.GetProperties())
                .Where(property => property.FindAnnotation(RelationalAnnotationNames.ColumnName) is null)
        )
        {
            property.SetColumnName(NpgsqlSnakeCaseNameTranslator.ConvertToSnakeCase(property.Name));
        }
    }
}
