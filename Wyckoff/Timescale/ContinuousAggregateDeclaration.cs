using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.Configuration;

namespace Wyckoff.Timescale;

/// <summary>
/// A hypertable summed up by bucket. Declared on a keyless entity mapped to a view of its name, brought about by <see cref="TimescaleReconciler"/>: where the edition has
/// continuous aggregates as one, elsewhere as a table of the same name and columns with a function that keeps it current.
/// </summary>
public sealed record ContinuousAggregateDeclaration
{
    /// <summary>The hypertable, with its schema.</summary>
    public required string Source { get; init; }

    /// <summary>The source's; the aggregate's own is called <c>bucket</c>.</summary>
    public required string TimeColumn { get; init; }

    public required TimeSpan BucketWidth { get; init; }

    /// <summary>What else is grouped by: column list.</summary>
    public required string Keys { get; init; }

    /// <summary>Plain PostgreSQL aggregates, so that every edition gives the same numbers; the first by time is <c>(array_agg(x ORDER BY time))[1]</c>.</summary>
    public required IReadOnlyList<AggregateColumn> Columns { get; init; }

    /// <summary>Buckets that begin longer ago than this are left as they are, whatever arrives: less than the source's retention, or what that dropped would vanish here as well.</summary>
    public required TimeSpan RefreshFrom { get; init; }

    /// <summary>Buckets that end later than this before now are not materialized but read from the source.</summary>
    public required TimeSpan RefreshUpTo { get; init; }

    public required TimeSpan RefreshEvery { get; init; }

    /// <summary>The roles that may read it: what a migration grants on all tables comes before it exists.</summary>
    public required string Readers { get; init; }

    /// <summary>The role that keeps the table current where the edition does not.</summary>
    public required string Refresher { get; init; }
}

public sealed record AggregateColumn(string Name, string Sql);

/// <summary>A declaration with the name of what it makes.</summary>
public sealed record ContinuousAggregate(string Schema, string View, ContinuousAggregateDeclaration Body)
{
    public string Name => Schema + "." + View;

    /// <summary>Where the edition has no continuous aggregates: the function that brings the table up to date.</summary>
    public string RefreshFunction => $"{Schema}.refresh_{View}";

    /// <summary>There too: the buckets that have had rows since.</summary>
    public string StaleTable => Name + "_stale";

    /// <summary>The table of poorer days, until its rows are taken over.</summary>
    public string FormerTable => Name + "_before";
}

public static class ContinuousAggregateModel
{
    private const string Annotation = "Wyckoff:ContinuousAggregate";

    public static void HasContinuousAggregate<T>(this EntityTypeBuilder<T> entity, ContinuousAggregateDeclaration body)
        where T : class => entity.HasAnnotation(Annotation, JsonSerializer.Serialize(body));

    /// <summary>All declared aggregates, with what configuration changes in them: <c>Wyckoff:Aggregates:price_candles_1h:RefreshFrom = 20.00:00:00</c>.</summary>
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
