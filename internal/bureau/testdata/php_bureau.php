<?php
// A bureau that PHP's SoapServer serves from a WSDL: rpc/literal, strict about
// the methods and parameters that the WSDL names. Run by "php -S"; WSDL, STATE
// (a folder) and ACCOUNT (JSON) are in the environment.
ini_set('soap.wsdl_cache_enabled', '0');
ini_set('display_errors', 'stderr');

class Bureau
{
    private array $account;

    public function __construct()
    {
        $this->account = json_decode(getenv('ACCOUNT'), true);
    }

    private function answer(int $code, string $rest = ''): string
    {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><return><msg_code>$code</msg_code><msg>操作成功</msg>$rest</return>";
    }

    private function refused(int $isp, string $user, string $rand, string $hash, int $algorithm): ?string
    {
        if ($user === 'fault') {
            throw new SoapFault('Server', '模拟故障');
        }
        if ($isp !== $this->account['isp_id'] || $user !== $this->account['user']) {
            return $this->answer(4);
        }
        if ($algorithm !== 0 || !preg_match('/^[0-9A-Za-z]{20}$/', $rand)) {
            return $this->answer(16);
        }
        $raw = iconv('UTF-8', 'GBK', $this->account['password'] . $rand);
        return base64_encode(md5($raw, true)) === $hash ? null : $this->answer(5);
    }

    private function file(int $sequence): string
    {
        return getenv('STATE') . "/$sequence.zip";
    }

    private function info(string $name, string $raw, string $sequence = ''): string
    {
        return '<fileInfos><hashAlgorithm>0</hashAlgorithm><compressionFormat>0</compressionFormat><encryptAlgorithm>0</encryptAlgorithm>' . $sequence .
            "<return_FileName>$name</return_FileName><beianInfo>" . base64_encode($raw) . '</beianInfo><beianInfoHash>' .
            base64_encode(md5($raw, true)) . '</beianInfoHash></fileInfos>';
    }

    public function isp_upload($isp, $user, $rand, $hash, $info, $infoHash, $sequence, $cipher, $algorithm, $compression)
    {
        if ($wrong = $this->refused($isp, $user, $rand, $hash, $algorithm)) {
            return $wrong;
        }
        $raw = base64_decode($info, true);
        if ($raw === false || base64_encode(md5($raw, true)) !== $infoHash) {
            return $this->answer(7);
        }
        if ($cipher !== 0 || $compression !== 0 || substr($raw, 0, 2) !== 'PK') {
            return $this->answer(8);
        }
        file_put_contents($this->file($sequence), $raw);
        return $this->answer(0);
    }

    public function isp_querypreviousupload($isp, $user, $rand, $hash, $algorithm)
    {
        if ($wrong = $this->refused($isp, $user, $rand, $hash, $algorithm)) {
            return $wrong;
        }
        return file_exists($this->file(1))
            ? $this->answer(0, $this->info('UP1', file_get_contents($this->file(1)), '<dataSequence>1</dataSequence>'))
            : $this->answer(0, '<fileInfos><dataSequence>0</dataSequence></fileInfos>');
    }

    // What was handed in comes down again.
    public function isp_download($isp, $user, $rand, $hash, $algorithm)
    {
        if ($wrong = $this->refused($isp, $user, $rand, $hash, $algorithm)) {
            return $wrong;
        }
        return file_exists(getenv('STATE') . '/acknowledged') ? $this->answer(2) : $this->answer(3, $this->info('DOWN1', file_get_contents($this->file(1))));
    }

    public function isp_downloadack($isp, $user, $rand, $hash, $algorithm, $name)
    {
        if ($wrong = $this->refused($isp, $user, $rand, $hash, $algorithm)) {
            return $wrong;
        }
        if ($name !== 'DOWN1') {
            return $this->answer(21);
        }
        touch(getenv('STATE') . '/acknowledged');
        return $this->answer(0);
    }

    public function isp_querybeianstatus($isp, $user, $rand, $hash, $algorithm, $type, $condition)
    {
        if ($wrong = $this->refused($isp, $user, $rand, $hash, $algorithm)) {
            return $wrong;
        }
        $state = $type === 0 && $condition === 'filed.example.net' ? '<Wzbah>沪ICP备05000940号-1</Wzbah><Bazt>0</Bazt>' : '<Bazt>1</Bazt>';
        return $this->answer(0, "<StatusInfo><Cxtjlx>$type</Cxtjlx><Cxtj>" . htmlspecialchars($condition) . "</Cxtj>$state</StatusInfo>");
    }

    public function isp_verifybamm($isp, $user, $rand, $hash, $algorithm, $number, $password)
    {
        if ($wrong = $this->refused($isp, $user, $rand, $hash, $algorithm)) {
            return $wrong;
        }
        return $this->answer(0, '<VerifyRes>' . ($number === '沪ICP备05000940号' && $password === 'right' ? 0 : 1) . '</VerifyRes>');
    }
}

$server = new SoapServer(getenv('WSDL') . $_SERVER['SCRIPT_NAME'] . '?wsdl');
$server->setClass('Bureau');
$server->handle();
