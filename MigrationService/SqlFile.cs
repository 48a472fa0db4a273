namespace Wyckoff.MigrationService;

/// <summary>What EF cannot generate (functions, triggers, policies, grants) lies beside the migrations, as SQL that an editor understands.</summary>
internal static class SqlFile
{
    public static string Read(string name)
    {
        using var stream = typeof(SqlFile).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"There is no embedded file '{name}'.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
