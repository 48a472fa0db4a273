using System.Security.Cryptography;
using System.Text;

namespace Wyckoff.Postgres;

/// <summary>
/// A part of the schema that EF cannot describe: a function, a view, the triggers or policies of a table, the grants of a schema. Each stands
/// in one file, <c>MigrationService/Sql/SCHEMA/NAME.sql</c>, or <c>TABLE.triggers.sql</c> and the like.
/// </summary>
/// <param name="Name">As the file: <c>market.bars</c>, <c>trading.orders.triggers</c>, <c>market.grants</c>.</param>
/// <param name="Sql">The statements that make it.</param>
public sealed record SchemaObject(string Name, string Sql)
{
    private const string Prefix = "Sql/";
    private const string Suffix = ".sql";

    /// <summary>Those of this build, ordered by name.</summary>
    public static IReadOnlyList<SchemaObject> All { get; } = ReadAll();

    /// <summary>Tells one state of all of them from another; services wait for that of their build.</summary>
    public static string HashOfAll { get; } = Digest(string.Join('\n', All.Select(item => $"{item.Name} {item.Hash}")));

    public string Hash { get; } = Digest(Sql);

    private static List<SchemaObject> ReadAll()
    {
        var assembly = typeof(SchemaObject).Assembly;
        return assembly
            .GetManifestResourceNames()
            .Select(resource => (Resource: resource, File: resource.Replace('\\', '/')))
            .Where(resource => resource.File.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(resource => new SchemaObject(resource.File[Prefix.Length..^Suffix.Length].Replace('/', '.'), Read(resource.Resource)))
            .OrderBy(item => item.Name, StringComparer.Ordinal)
            .ToList();

        string Read(string resource)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            // A checkout on Windows must not have another hash.
            return reader.ReadToEnd().ReplaceLineEndings("\n");
        }
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
