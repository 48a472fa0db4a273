using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.Configuration;

namespace Wyckoff.Timescale;

/// <summary>
/// A hypertable aggregated by time bucket. It is declared on a keyless entity mapped to a view of its name, and created by
/// <see cref="TimescaleReconciler"/>: as a continuous aggregate where the edition has them, otherwise as a table with the same name and
/// columns and a function that refreshes it.
/// </summary>
public sealed record ContinuousAggregateDeclaration
{
    /// <summary>The hypertable to aggregate, with its schema.</summary>
    public required string Source { get; init; }

    /// <summary>The time column of the source. The aggregate's time column is called <c>bucket</c>.</summary>
    public required string TimeColumn { get; init; }

    public required TimeSpan BucketWidth { get; init; }

    /// <summary>The columns to group by besides the bucket, separated by commas.</summary>
    public required string Keys { get; init; }

    /// <summary>
    /// Expressions with PostgreSQL's own aggregates, so that every edition gives the same numbers. The first value by time is
    /// <c>(array_agg(x ORDER BY time))[1]</c>.
    /// </summary>
    public required IReadOnlyList<AggregateColumn> Columns { get; init; }

    /// <summary>
    /// Buckets that begin longer ago than this are not refreshed. The value must be less than the source's retention; otherwise a refresh
    /// would delete the buckets of dropped rows.
    /// </summary>
    public required TimeSpan RefreshFrom { get; init; }

    /// <summary>Buckets that end within this time before now are not materialized but computed from the source.</summary>
    public required TimeSpan RefreshUpTo { get; init; }

    public required TimeSpan RefreshEvery { get; init; }

    /// <summary>The roles that may read the aggregate. Grants in migrations do not cover it, because they run before it exists.</summary>
    public required string Readers { get; init; }

    /// <summary>The role that may call the refresh function, on editions without refresh policies.</summary>
    public required string Refresher { get; init; }
}

public sealed record AggregateColumn(string Name, string Sql);

/// <summary>A declared aggregate with its name.</summary>
public sealed record ContinuousAggregate(string Schema, string View, ContinuousAggregateDeclaration Body)
{
    public string Name => Schema + "." + View;

    /// <summary>Without continuous aggregates: the function that refreshes the table.</summary>
    public string RefreshFunction => $"{Schema}.refresh_{View}";

    /// <summary>Without continuous aggregates: the table of buckets that got rows since their last refresh.</summary>
    public string StaleTable => Name + "_stale";

    /// <summary>The table that stood in for the aggregate on a poorer edition, until its rows are copied.</summary>
    public string FormerTable => Name + "_before";
}

public static class ContinuousAggregateModel
{
    private const string Annotation = "Wyckoff:ContinuousAggregate";

    public static void HasContinuousAggregate<T>(this EntityTypeBuilder<T> entity, ContinuousAggregateDeclaration body)
        where T : class => entity.HasAnnotation(Annotation, JsonSerializer.Serialize(body));

    /// <summary>
    /// All declared aggregates, with overrides from configuration, such as
    /// <c>Wyckoff:Aggregates:price_candles_1h:RefreshFrom = 20.00:00:00</c>.
    /// </summary>
    public static IReadOnlyList<ContinuousAggregate> ContinuousAggregates(this IModel model, IConfiguration configuration) =>
        model.ContinuousAggregates().Configured(configuration);

    /// <summary>All declared aggregates.</summary>
    public static IReadOnlyList<ContinuousAggregate> ContinuousAggregates(this IModel model)
    {
        var declared = new List<ContinuousAggregate>();
        foreach (var entity in model.GetEntityTypes())
        {
            if (entity.FindAnnotation(Annotation)?.Value is string text)
            {
                declared.Add(
                    new(
                        entity.GetViewSchema() ?? "public",
                        entity.GetViewName()!,
                        JsonSerializer.Deserialize<ContinuousAggregateDeclaration>(text)!
                    )
                );
            }
        }

        return declared;
    }

    public static IReadOnlyList<ContinuousAggregate> Configured(
        this IReadOnlyList<ContinuousAggregate> declared,
        IConfiguration configuration
    )
    {
        var section = configuration.GetSection("Wyckoff:Aggregates");
        foreach (var child in section.GetChildren())
        {
            if (!declared.Any(a => IsNamed(a, child.Key)))
            {
                throw new StorageDeclarationException(
                    $"{child.Path}: there is no aggregate '{child.Key}'. There are: {string.Join(", ", declared.Select(a => a.Name))}."
                );
            }
        }

        return [.. declared.Select(a => a with { Body = Configured(a.Body, section.GetChildren().LastOrDefault(c => IsNamed(a, c.Key))) })];
    }

    private static bool IsNamed(ContinuousAggregate aggregate, string key) =>
        string.Equals(key, aggregate.View, StringComparison.OrdinalIgnoreCase)
        || string.Equals(key, aggregate.Name, StringComparison.OrdinalIgnoreCase);

    private static ContinuousAggregateDeclaration Configured(ContinuousAggregateDeclaration body, IConfigurationSection? section) =>
        section is null
            ? body
            : body with
            {
                RefreshFrom = HypertableModel.Span(section, nameof(body.RefreshFrom), body.RefreshFrom)!.Value,
                RefreshUpTo = HypertableModel.Span(section, nameof(body.RefreshUpTo), body.RefreshUpTo)!.Value,
                RefreshEvery = HypertableModel.Span(section, nameof(body.RefreshEvery), body.RefreshEvery)!.Value,
            };
}
