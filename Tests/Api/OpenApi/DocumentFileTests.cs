namespace Wyckoff.Tests.Api.OpenApi;

/// <summary>docs/openapi.json, from which the C# client is generated, is the document that the service serves.</summary>
public sealed class DocumentFileTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Renew = "WYCKOFF_WRITE_OPENAPI";

    private static readonly string File = Path.Combine(Run.Root, "docs", "openapi.json");

    [Fact]
    public async Task The_file_is_the_served_document()
    {
        var token = TestContext.Current.CancellationToken;
        // In local mode, every operation can also be used without a key.
        await using var api = new ApiServer(database.AppConnection, settings: new() { ["Wyckoff:Access"] = "keys" });
        var served = await api.CreateClient().GetStringAsync("/openapi/v1.json", token);
        served = served.ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable(Renew) == "1")
        {
            await System.IO.File.WriteAllTextAsync(File, served, token);
        }

        var written = System.IO.File.Exists(File) ? (await System.IO.File.ReadAllTextAsync(File, token)).ReplaceLineEndings("\n") : "";
        var line = written.Split('\n').Zip(served.Split('\n')).TakeWhile(lines => lines.First == lines.Second).Count();
        Assert.True(
            written == served,
            $"docs/openapi.json is not the document that the service serves; they differ from line {line + 1} on. "
                + $"Run this test with {Renew}=1 to write the file, then build again, because the C# client is generated from it."
        );
    }
}
