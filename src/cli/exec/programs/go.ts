import type { Program } from './program.ts';

/** https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies */
const BUILD = `
  -o= -v -x -n -a -p= -race -msan -asan -cover -covermode= -coverpkg= -trimpath -tags= -buildmode= -buildvcs
  -ldflags=(?!(?:.*[\\s="'])?--?(?:importcfg|[LIr])(?:[\\s="']|$)|.*ext(?:ld|ar)(?!\\w)|.*extldflags.*(?:-fplugin|-plugin|-specs|-wrapper|-fuse-ld|-B|@)).* -gcflags=(?!.*-(?:importcfg|embedcfg|importmap)).* -asmflags= -mod=readonly|vendor -pgo= -installsuffix= -linkshared -work
  -json`;
/** What any command that builds may be given. */
export const TEST = `${BUILD}
  -c -i -run= -skip= -bench= -benchmem -benchtime= -count= -timeout= -short -failfast -parallel= -cpu= -coverprofile=
  -cpuprofile= -memprofile= -memprofilerate= -blockprofile= -blockprofilerate= -mutexprofile= -mutexprofilefraction=
  -trace= -outputdir= -artifacts -list= -shuffle= -fuzz= -fuzztime= -fuzzminimizetime= -vet=[\\w,]+ -fullpath`;

/** https://pkg.go.dev/cmd/vet, each of which may be named or left out. */
const ANALYZERS = `
  -appends -asmdecl -assign -atomic -bools -buildtag -cgocall -composites -copylocks -defers -directive -errorsas
  -framepointer -hostport -httpresponse -ifaceassert -inline -loopclosure -lostcancel -modernize -nilfunc -printf -shift
  -sigchanyzer -slog -stdmethods -stdversion -stringintconv -structtag -testinggoroutine -tests -timeformat -unmarshal
  -unreachable -unsafeptr -unusedresult -waitgroup -printf.funcs= -composites.whitelist -unusedresult.funcs= -c=
  -fix -diff`;

export const GO: Program = {
  name: 'go',
  kind: 'go',
  // As golang.org/dl installs them.
  isNamed: /^go(?:tip|\d[\w.]*)?$/,
  grammar: {
    isGo: true,
    options: '-h -help',
    verbs: `
      locked build|install: ${BUILD}
      locked vet: ${BUILD} ${ANALYZERS}
      locked mod tidy: !-diff -e -v -x -go= -compat=
      locked generate: ${BUILD} -run= -skip=
      locked test: ${TEST}
      runs run|tool: ${BUILD}
      locked list: ${BUILD} -m -f= -deps -e -export -test -find -compiled -u -versions -retracted
      locked mod download|mod verify|mod graph|mod why|mod vendor: -x -json -m -vendor -v -e -o=
      plain env: -json -changed
      plain help|version|doc|fmt|clean: *
      resolves get|work|bug|fix|mod init|mod edit`,
  },
  variables: {
    // Go's own names have no underscore, unlike those of Google and of other tools.
    read: /^(?:GO[A-Z0-9]+|CGO_\w+|GCCGO\w*)$/,
    harmless: `
      GO(?:OS|ARCH|ARM|ARM64|AMD64|386|MIPS|MIPS64|PPC64|RISCV64|WASM|HOSTOS|HOSTARCH|EXPERIMENT|FIPS140)
      GODEBUG=(?!.*execerrdot).*
      GO(?:MAXPROCS|GC|RACE|MEMLIMIT|TRACEBACK|TMPDIR|BIN|TELEMETRY|TELEMETRYDIR|COVERDIR)
      GOAUTH=off|netrc CGO_ENABLED CGO_[A-Z]+FLAGS=(?!.*(?:-fplugin|-specs|-wrapper|-B|@)).*`,
    own: `
      GO(?:PROXY|NOPROXY|SUMDB|NOSUMDB|PRIVATE|INSECURE|FLAGS|WORK|TOOLCHAIN|MODCACHE|PATH|ENV|ROOT|VCS|111MODULE)`,
    folders: ['GOCACHE'],
  },
};
