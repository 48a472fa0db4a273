using Wyckoff;
using Wyckoff.Api;
using Wyckoff.ServiceDefaults;

return await ApiHost.Create(args).RunToEndAsync(RefusalException.IsRefusal);
