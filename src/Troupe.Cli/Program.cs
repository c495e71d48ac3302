using System.CommandLine;
using Troupe.Cli.Commands;

// Commands end in good order by themselves; by default a signal would end the process two seconds later, whatever still runs.
return await CommandTree.Create().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
