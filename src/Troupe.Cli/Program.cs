using System.CommandLine;
using System.CommandLine.Invocation;
using Troupe.Cli;
using Troupe.Cli.Commands;

// Commands end in good order by themselves; by default a signal would end the process two seconds later, whatever still runs.
var parsed = CommandTree.Create().Parse(args);
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

// What cannot be understood was not refused.
return parsed.Action is ParseErrorAction ? ExitCodes.Setup : exitCode;
