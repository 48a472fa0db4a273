using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.Configuration;

namespace Wyckoff.Timescale;

/// <summary>
/// How a table of time series is stored. Declared in the model, and applied by <see cref="TimescaleReconciler"/> as far as the server's
/// edition allows.
/// </summary>
public sealed record HypertableDeclaration
{
    public required string TimeColumn { get; init; }

    public required TimeSpan ChunkInterval { get; init; }

    /// <summary>The columns to segment compression by, separated by commas; null when the table is not compressed.</summary>
    public string? SegmentBy { get; init; }

    public string? OrderBy { get; init; }

    /// <summary>Chunks whose newest row is older than this are compressed; null means never.</summary>
    public TimeSpan? CompressAfter { get; init; }

    /// <summary>Chunks whose newest row is older than this are dropped; null means never.</summary>
    public TimeSpan? Retain { get; init; }
}

/// <summary>A declared hypertable with its name.</summary>
public sealed record Hypertable(string Schema, string Table, HypertableDeclaration Storage)
{
    public string Name => Schema + "." + Table;
}

public static class HypertableModel
{
    // The annotation is JSON text, because the migration snapshot can only hold values that have a C# literal.
    private const string Annotation = "Wyckoff:Hypertable";

    public static void HasHypertable<T>(this EntityTypeBuilder<T> entity, HypertableDeclaration storage)
        where T : class => entity.HasAnnotation(Annotation, JsonSerializer.Serialize(storage));

    /// <summary>
    /// All declared hypertables, with overrides from configuration, such as
    /// <c>Wyckoff:Hypertables:bars_1m:ChunkInterval = 7.00:00:00</c>.
    /// </summary>
    public static IReadOnlyList<Hypertable> Hypertables(this IModel model, IConfiguration configuration) =>
        model.Hypertables().Configured(configuration);

    /// <summary>All declared hypertables.</summary>
    public static IReadOnlyList<Hypertable> Hypertables(this IModel model)
    {
        var declared = new List<Hypertable>();
        foreach (var entity in model.GetEntityTypes())
        {
            if (entity.FindAnnotation(Annotation)?.Value is string text)
            {
                declared.Add(
                    new(entity.GetSchema() ?? "public", entity.GetTableName()!, JsonSerializer.Deserialize<HypertableDeclaration>(text)!)
                );
            }
        }

        return declared;
    }

    public static IReadOnlyList<Hypertable> Configured(this IReadOnlyList<Hypertable> declared, IConfiguration configuration)
    {
        var section = configuration.GetSection("Wyckoff:Hypertables");
        foreach (var child in section.GetChildren())
        {
            if (declared.Where(h => IsNamed(h, child.Key)).ToList() is { Count: not 1 } named)
            {
                throw new StorageDeclarationException(
                    named.Count == 0
                        ? $"{child.Path}: there is no hypertable '{child.Key}'. "
                            + $"There are: {string.Join(", ", declared.Select(h => h.Name))}."
                        : $"{child.Path}: '{child.Key}' may be {string.Join(" or ", named.Select(h => h.Name))}: name the schema too."
                );
            }
        }

        return
        [
            .. declared.Select(h =>
                h with
                {
                    Storage = Configured(h.Storage, section.GetChildren().LastOrDefault(c => IsNamed(h, c.Key))),
                }
            ),
        ];
    }

    private static bool IsNamed(Hypertable hypertable, string key) =>
        string.Equals(key, hypertable.Table, StringComparison.OrdinalIgnoreCase)
        || string.Equals(key, hypertable.Name, StringComparison.OrdinalIgnoreCase);

    private static HypertableDeclaration Configured(HypertableDeclaration storage, IConfigurationSection? section) =>
        section is null
            ? storage
            : storage with
            {
                ChunkInterval = Span(section, nameof(storage.ChunkInterval), storage.ChunkInterval)!.Value,
                CompressAfter = Span(section, nameof(storage.CompressAfter), storage.CompressAfter),
                Retain = Span(section, nameof(storage.Retain), storage.Retain),
            };

    /// <summary>Reads a positive time span; compression and retention also allow <c>never</c>.</summary>
    internal static TimeSpan? Span(IConfigurationSection section, string key, TimeSpan? declared)
    {
        var text = section[key];
        if (text is null)
        {
            return declared;
        }

        if (text == "never" && key is nameof(HypertableDeclaration.CompressAfter) or nameof(HypertableDeclaration.Retain))
        {
            return null;
        }

        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) && span > TimeSpan.Zero
            ? span
            : throw new StorageDeclarationException($"{section.Path}:{key}: '{text}' is not a time span such as 7.00:00:00 (seven days).");
    }
}
