using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Wyckoff;

/// <summary>Configures ASP.NET Core data protection to keep its key ring in a folder that only the current user can read.</summary>
internal sealed class SecretKeys(IOptions<SecretsOptions> options, ILoggerFactory loggers) : IConfigureOptions<KeyManagementOptions>
{
    public void Configure(KeyManagementOptions keys) =>
        keys.XmlRepository = new KeyFolder(new(Path.GetFullPath(options.Value.FolderOrDefault)), loggers);

    public static void Add(IServiceCollection services)
    {
        services.AddOptions<SecretsOptions>().BindConfiguration(SecretsOptions.Section);
        // Services can read each other's secrets only if they use the same application name.
        services.AddDataProtection().SetApplicationName("Wyckoff");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>, SecretKeys>();
    }

    /// <summary>Creates the folder at its first use, so that a service without secrets does not need a writable folder.</summary>
    private sealed class KeyFolder(DirectoryInfo folder, ILoggerFactory loggers) : FileSystemXmlRepository(folder, loggers)
    {
        private const string KeyPrefix = "key-";
        private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(10);
        private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);

        private volatile int _keysRead;

        public override IReadOnlyCollection<XElement> GetAllElements()
        {
            CreateFolder();
            _keysRead = CountKeys();
            return base.GetAllElements();
        }

        /// <summary>
        /// Stores a key unless another service has stored one since this one has read the folder. Data protection then reads it again and
        /// uses that key. Otherwise services that start together would each use a key of their own, and know the others' a day later.
        /// </summary>
        public override void StoreElement(XElement element, string friendlyName)
        {
            CreateFolder();
            using (Lock())
            {
                if (!friendlyName.StartsWith(KeyPrefix, StringComparison.Ordinal) || CountKeys() == _keysRead)
                {
                    base.StoreElement(element, friendlyName);
                }
            }
        }

        private int CountKeys() => Directory.GetFiles(KeyPrefix + "*.xml").Length;

        private FileStream Lock()
        {
            for (var waited = TimeSpan.Zero; ; waited += LockPause)
            {
                try
                {
                    return new(Path.Combine(Directory.FullName, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                }
                catch (IOException) when (waited < LockWait)
                {
                    Thread.Sleep(LockPause); // the interface of the repository is synchronous
                }
            }
        }

        private void CreateFolder()
        {
            if (OperatingSystem.IsWindows())
            {
                System.IO.Directory.CreateDirectory(Directory.FullName);
            }
            else
            {
                System.IO.Directory.CreateDirectory(
                    Directory.FullName,
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                );
            }
        }
    }
}
