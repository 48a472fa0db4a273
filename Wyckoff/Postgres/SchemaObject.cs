using System.Security.Cryptography;
using System.Text;

namespace Wyckoff.Postgres;

/// <summary>
/// A part of the schema that EF cannot describe: a function, a view, the triggers or policies of a table, the grants of a schema. Each one
/// has its own file in <c>MigrationService/Sql/SCHEMA/</c>, named <c>NAME.sql</c>, <c>TABLE.triggers.sql</c>, <c>TABLE.policies.sql</c> or
/// <c>grants.sql</c>. Folders below the schema's group the files and are not part of the name.
/// </summary>
/// <param name="Name">Schema and name of the file: <c>market.bars</c>, <c>trading.orders.triggers</c>, <c>market.grants</c>.</param>
/// <param name="Sql">The statements that create the object.</param>
public sealed record SchemaObject(string Name, string Sql)
{
    private const string Prefix = "Sql/";
    private const string Suffix = ".sql";

    /// <summary>The objects of this build, ordered by name.</summary>
    public static IReadOnlyList<SchemaObject> All { get; } = ReadAll();

    /// <summary>The hash over all objects. A service starts only when the database has the hash of the service's build.</summary>
    public static string HashOfAll { get; } = Digest(string.Join('\n', All.Select(item => $"{item.Name} {item.Hash}")));

    public string Hash { get; } = Digest(Sql);

    private static List<SchemaObject> ReadAll()
    {
        var assembly = typeof(SchemaObject).Assembly;
        return assembly
            .GetManifestResourceNames()
            .Select(resource => (Resource: resource, File: resource.Replace('\\', '/')))
            .Where(resource => resource.File.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(resource => new SchemaObject(NameOf(resource.File), Read(resource.Resource)))
            .OrderBy(item => item.Name, StringComparer.Ordinal)
            .ToList();

        string Read(string resource)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            // A checkout on Windows has other line endings and must have the same hash.
            return reader.ReadToEnd().ReplaceLineEndings("\n");
        }
    }

    // Sql/trading/orders/orders.triggers.sql → trading.orders.triggers
    private static string NameOf(string file)
    {
        var path = file[Prefix.Length..^Suffix.Length];
        return path[..path.IndexOf('/', StringComparison.Ordinal)] + "." + path[(path.LastIndexOf('/') + 1)..];
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
