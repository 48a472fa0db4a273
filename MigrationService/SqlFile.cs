using System.Text;

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

    /// <summary>Some functions of a file, with their comments, to take the place of later versions: what a rollback needs.</summary>
    public static string Replacing(string name, params ReadOnlySpan<string> functions)
    {
        var file = Read(name);
        var sql = new StringBuilder();
        foreach (var function in functions)
        {
            var start = file.IndexOf($"FUNCTION {function}(", StringComparison.Ordinal);
            var end = file.IndexOf("\nEND $$;", start, StringComparison.Ordinal) + "\nEND $$;".Length;
            sql.AppendLine("CREATE OR REPLACE " + file[start..end]);
            // A file that replaced a function itself may have left its comment as it was.
            if (file.Contains($"COMMENT ON FUNCTION {function}(", StringComparison.Ordinal))
            {
                sql.AppendLine(CommentOn($"FUNCTION {function}(", file));
            }
        }

        return sql.ToString();
    }

    /// <summary>The comment a file gives to an object.</summary>
    public static string CommentOn(string what, string file)
    {
        var start = file.IndexOf($"COMMENT ON {what}", StringComparison.Ordinal);
        return file[start..(file.IndexOf("';\n", start, StringComparison.Ordinal) + 2)];
    }
}
