using System.IO.Compression;

namespace Wyckoff.Tests.Build;

/// <summary>The first build of a clone asks whether the Aspire packages are to be had, and already builds by the answer.</summary>
public sealed class FeedProbeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wyckoff-feed").FullName;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_very_first_build_goes_by_what_the_source_has(bool carriesAspire)
    {
        await MakeProjectAsync(carriesAspire);
        // The machine's own package folder may hold the SDK; a source is asked only for what is not there.
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["NUGET_PACKAGES"] = Path.Combine(_folder, "packages"), ["MSBUILDDISABLENODEREUSE"] = "1" };

        var (first, output, _) = await Run.ProcessAsync("dotnet", ["build", "Probe.csproj"], environment, _folder);
        Assert.True(first == 0, output);
        Assert.Contains($"sources: {(carriesAspire ? "true" : "false")}", output, StringComparison.Ordinal);
        Assert.Contains($"BUILT WITH ASPIRE: {(carriesAspire ? "true" : "false")}", output, StringComparison.Ordinal);
        Assert.Contains(carriesAspire ? "<UseAspire>true" : "<UseAspire>false", await File.ReadAllTextAsync(Path.Combine(_folder, "artifacts", "feed.props"), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        var (_, second, _) = await Run.ProcessAsync("dotnet", ["build", "Probe.csproj"], environment, _folder);
        Assert.DoesNotContain("sources:", second, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task MakeProjectAsync(bool carriesAspire)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "eng"));
        foreach (var file in new[] { "eng/feed.targets", "eng/probe.proj", "eng/Directory.Build.props", "eng/Directory.Build.targets", "Directory.Packages.props", "Directory.Build.targets", "global.json" })
        {
            File.Copy(Path.Combine(Run.Root, file), Path.Combine(_folder, file));
        }

        var source = Directory.CreateDirectory(Path.Combine(_folder, "source")).FullName;
        if (carriesAspire)
        {
            var version = System.Xml.Linq.XDocument.Load(Path.Combine(_folder, "Directory.Packages.props")).Descendants("AspireVersion").Single().Value;
            await using var package = await ZipFile.OpenAsync(Path.Combine(source, $"Aspire.AppHost.Sdk.{version}.nupkg"), ZipArchiveMode.Create, TestContext.Current.CancellationToken);
            await using var specification = new StreamWriter(await package.CreateEntry("Aspire.AppHost.Sdk.nuspec").OpenAsync(TestContext.Current.CancellationToken));
            await specification.WriteAsync($"<package><metadata><id>Aspire.AppHost.Sdk</id><version>{version}</version><authors>test</authors><description>test</description></metadata></package>");
        }

        await WriteAsync("nuget.config", "<configuration><packageSources><clear /><add key=\"only\" value=\"source\" /></packageSources></configuration>");
        await WriteAsync("Directory.Build.props", """
            <Project>
              <PropertyGroup><FeedProps>$(MSBuildThisFileDirectory)artifacts/feed.props</FeedProps><UseAspire>true</UseAspire></PropertyGroup>
              <Import Project="$(FeedProps)" Condition="Exists('$(FeedProps)')" />
            </Project>
            """);
        await WriteAsync("Probe.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <Target Name="Tell" AfterTargets="Build"><Message Importance="high" Text="BUILT WITH ASPIRE: $(UseAspire)" /></Target>
            </Project>
            """);
    }

    private Task WriteAsync(string file, string text) => File.WriteAllTextAsync(Path.Combine(_folder, file), text, TestContext.Current.CancellationToken);
}
