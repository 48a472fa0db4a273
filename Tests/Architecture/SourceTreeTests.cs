using System.Text.RegularExpressions;

namespace Wyckoff.Tests.Architecture;

/// <summary>What a reader of the source tree may rely on.</summary>
public sealed partial class SourceTreeTests
{
    private const int MaxFiles = 20;
    private const int MaxColumns = 140;

    private static readonly string[] Sources = [.. FilesBelow(Run.Root)];

    [Fact]
    public void A_namespace_is_its_folder()
    {
        var wrong = Sources
            .Where(file => file.EndsWith(".cs", StringComparison.Ordinal))
            .Select(file =>
                (
                    File: file,
                    Expected: NamespaceOf(file),
                    Actual: NamespaceDeclaration().Match(File.ReadAllText(Path.Combine(Run.Root, file))).Groups[1].Value
                )
            )
            // Program.cs has no namespace: it is statements only.
            .Where(file => file.Actual.Length > 0 && file.Actual != file.Expected)
            .Select(file => $"{file.File} has namespace {file.Actual}, expected {file.Expected}");
        Assert.Empty(wrong);
    }

    [Fact]
    public void No_folder_has_more_than_20_files()
    {
        var crowded = Sources
            .GroupBy(file => Path.GetDirectoryName(file)!)
            .Where(folder => folder.Count() > MaxFiles && folder.Key.Length > 0)
            .Select(folder => $"{folder.Key} has {folder.Count()} files");
        Assert.Empty(crowded);
    }

    [Fact]
    public void No_line_is_longer_than_140_columns()
    {
        string[] extensions = [".cs", ".sql", ".sh", ".yml", ".yaml", ".csproj", ".props", ".targets", ".razor", ".js", ".css"];
        var longLines = Sources
            .Where(file => extensions.Contains(Path.GetExtension(file), StringComparer.Ordinal))
            .Where(file => !file.Contains("/Migrations/", StringComparison.Ordinal))
            .SelectMany(file =>
                File.ReadLines(Path.Combine(Run.Root, file)).Select((line, index) => (Line: line, Place: $"{file}:{index + 1}"))
            )
            .Where(line => line.Line.Length > MaxColumns)
            .Select(line => $"{line.Place} has {line.Line.Length} columns");
        Assert.Empty(longLines);
    }

    [Fact]
    public void Every_file_that_the_architecture_page_names_exists()
    {
        var page = File.ReadAllText(Path.Combine(Run.Root, "docs", "architecture.md"));
        var named = CodeSpan()
            .Matches(page)
            .Select(match => match.Groups[1].Value)
            .Where(text => text.Contains('/', StringComparison.Ordinal))
            .Distinct()
            .ToList();
        Assert.NotEmpty(named);
        Assert.All(
            named,
            path => Assert.True(Path.Exists(Path.Combine(Run.Root, path)), $"docs/architecture.md names {path}, which is not there.")
        );
    }

    private static string NamespaceOf(string file)
    {
        var folders = Path.GetDirectoryName(file)!.Split('/');
        return string.Join('.', folders[0] == "Wyckoff" ? folders : ["Wyckoff", .. folders]);
    }

    // Below the root, with slashes; not what builds and tests write, nor what begins with a dot.
    private static IEnumerable<string> FilesBelow(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            yield return Path.GetRelativePath(Run.Root, file).Replace('\\', '/');
        }

        foreach (var below in Directory.EnumerateDirectories(folder))
        {
            if (Path.GetFileName(below) is not ("bin" or "obj" or "artifacts" or "TestResults" or ['.', ..]))
            {
                foreach (var file in FilesBelow(below))
                {
                    yield return file;
                }
            }
        }
    }

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"`([\w./-]+)`")]
    private static partial Regex CodeSpan();
}
