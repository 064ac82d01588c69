"""Groups of words and phrases that reports use for one another.

Commas separate the groups, spaces separate the words and phrases of a group, and ``_`` stands for a space
within a phrase. Words whose difference matters are in separate groups: *arrested* is not *charged*, *charged*
is not *convicted*, and a plan is not a deed. A word may be in several groups, which does not make the other
words of these groups synonyms.
"""

from __future__ import annotations

from collections.abc import Mapping

from rag.word_lists import lines

_CHANGES = """
rise increase grow climb gain surge up jump soar raise lift go_up, fall drop decrease decline shrink
plunge down slump slow reduce lower cut go_down come_down, improve recover rebound, worsen deteriorate,
expand extend enlarge widen, limit restrict curb cap, double twofold, strengthen bolster reinforce
tighten, ease relax loosen, shorten curtail, speed_up accelerate, slow_down decelerate, exceed above
surpass beat top over outstrip more_than higher_than, below under short_of fell_short_of fewer_than
less_than lower_than lower smaller, remain stay continue keep still, continue last go_on, become turn
"""
_COURTS = """
clear acquit exonerate found_not_guilty, convict guilty found_guilty, sentence jail imprison prison_term
in_prison years_in_prison behind_bars to_prison in_jail in_custody, sue lawsuit take_to_court
took_to_court bring_suit file_suit legal_action, arrest detain hold custody take_into_custody
took_into_custody, overturn quash annul set_aside strike_down struck_down void invalidate revoke rescind
scrap, uphold confirm, judge justice magistrate, court tribunal, lawyer attorney counsel solicitor
barrister, ruling judgment judgement verdict decision, rule find decide conclude hold, steal embezzle
theft, bribe kickback, trial case, offence offense crime, charge count, fine penalty penalise penalize,
appeal challenge contest, plead_guilty admit confess, prosecute put_on_trial, defraud cheat swindle,
smuggle traffic, raid search arrest, seize confiscate impound, free release let_go set_free, inquiry
investigation probe inquest, investigate examine look_into probe inspect, lenient mild, illegal unlawful
illicit, legal lawful, ban prohibit outlaw forbid bar, suspend freeze, licence license permit, accuse
blame, blame attribute put_down_to because_of caused_by
"""
_DECISIONS = """
approve pass back endorse adopt ratify clear green-light give_the_go-ahead gave_the_go-ahead vote_for,
reject refuse decline turn veto turn_down vote_down throw_out threw_out dismiss rebuff, allow may permit
can let authorise authorize able_to enable, must order require oblige have instruct tell have_to need_to,
plan intend aim propose scheduled set_to due_to expect, will plan_to intend_to due_to expected_to, decide
resolve opt, agree accept consent, want wish seek hope, promise pledge vow undertake commit, urge call_for
appeal demand ask request press, ask request seek, recommend advise suggest, if provided provided_that
as_long_as on_condition_that assuming, unless except, postpone delay adjourn defer put_off push_back,
cancel call_off scrap abandon drop, elect vote_in chosen win, appoint name install designate, resign quit
step_down stand_down leave, leave depart, dismiss sack fire oust remove lay_off laid_off make_redundant
made_redundant job_cut, replace succeed take_over_from, vote ballot, voter elector, election poll, win
victory, defeat beat, minister ministry, governor governing, parliament lawmaker legislature legislator
mp, law act legislation statute, rule regulation, treaty pact accord agreement deal, sign conclude, talk
negotiation negotiate, sanction embargo, enter_into_force come_into_force take_effect took_effect
enter_into_effect come_into_effect go_into_effect went_into_effect, implement introduce impose enforce,
abolish scrap repeal end, support back favour favor, oppose against object, criticise criticize condemn
denounce slam, praise welcome hail, warn caution, threaten threat, reform overhaul, breach violate
violation infringe break flout, comply obey, withdraw pull_out retract, dissolve disband, relocate move
transfer relocation, notify inform tell alert, consult consultation, notice warning
"""
_MONEY = """
purchase buy acquire pay take_over took_over acquisition takeover, sell sale divest dispose_of, firm
company business enterprise corporation manufacturer maker, pay wage salary earnings remuneration, pay
disburse spend pay_out paid_out hand_out, money fund cash funding, provide supply give grant offer
deliver, fund finance pay_for bankroll, cost expense price, cost price come_at, revenue turnover sale,
revenue income takings, profit earnings, loss lose, debt owe borrowing, loan credit lend, invest put_into
investment, invest spend, stake share holding, share portion proportion percentage, shareholder investor,
budget spending, tax levy duty, subsidy aid grant support, charge fee, rent lease, owner proprietor, own
belong_to hold property_of, bankruptcy insolvency insolvent bankrupt, file apply lodge submit, merge
merger combine, sell_off privatise privatize, hire recruit employ take_on took_on, employee worker staff
people_working workforce people_employed who_work labourer personnel, employ work job, job post position,
strike walkout stoppage industrial_action walk_out, plant factory works mill facility site, produce
manufacture make output production turn_out, ship deliver export dispatch, shipment delivery, customer
client consumer, contract deal order, launch unveil introduce, recall withdraw pull, market trade, goods
product, stock inventory, compensate compensation reimburse, refund reimburse, award grant give, raise
collect, donate donation give contribute contribution, donor backer, price tariff, forecast predict
project expect estimate, target goal objective, annual yearly each_year every_year per_year a_year,
previous earlier before preceding prior last, lender bank
"""
_EVENTS = """
kill dead death die claim_the_life lose_life lost_life lose_their_life lost_their_lives fatality perish,
injure hurt wound injury, rescue save bring_to_safety get_out_alive got_out_alive pull_out, survive
survivor alive, missing unaccounted disappear, evacuate evacuation flee move_out leave_home, flee escape,
displace uproot homeless, shelter accommodation, wreck destroy wash_away sweep_away swept_away raze level
demolish flatten, damage harm, collapse cave_in give_way gave_way fall_down, crash collision collide, fire
blaze wildfire inferno, firefighter fire_crew crew fire_brigade fire_service, extinguish put_out douse,
contain bring_under_control brought_under_control, burn scorch gut, flood inundate submerge floodwater
flooding, rain rainfall downpour, storm cyclone hurricane typhoon, quake earthquake tremor, landslide
mudslide, drought dry_spell, sink capsize go_down, strike hit, explode explosion blast, attack assault,
shoot shooting, protest demonstrate demonstration rally, protester demonstrator, clash fighting, fight
combat, soldier troop, ceasefire truce armistice, army military force, police officer, rebel insurgent
militant, trap strand, occur happen take_place took_place, hold take_place took_place convene, cut_off
isolate, power electricity, blackout outage power_cut, restore reconnect, spread extend, outbreak
epidemic, illness disease sickness infection, infect contract catch, patient case, doctor physician medic,
hospital clinic, treat treatment care, vaccinate immunise immunize inoculate vaccination, vaccine jab
shot, diagnose detect, medicine drug medication, nutrition nutritious, hunger famine starvation
"""
_DOING = """
begin start launch open commence kick_off get_under_way got_under_way, end finish stop halt cease
conclude, complete finish end conclude, halt stop suspend shut_down discontinue, close shut shutter
shut_down closure, reopen resume restart open_again run_again start_again running_again operating_again,
run operate manage lead head used_to_run, head lead chief boss director chair leader president, former ex
used_to previously, build construct erect construction, establish found create set_up form, carry_out
conduct perform undertake do make, use employ utilise utilize, get receive obtain gain, give hand_over
transfer, return hand_back give_back gave_back send_back sent_back bring_back go_back, repair mend fix
restore renovate refurbish, design draw_up develop, link connect join, show find reveal demonstrate
indicate suggest, find discover detect uncover identify, detect measure find, say state declare announce
tell report add insist argue maintain claim note, confirm verify, publish release issue, write letter pen,
record register log, study research trial survey paper, survey poll question interview, question ask,
assess evaluate, count tally, check inspect inspection visit, visit tour, search look_for hunt seek, see
view, help aid assist support, lack shortage without short_of, need require, keep retain store, carry
transport, take carry bring, travel carry passenger ride, crossing journey trip, deliver supply bring,
distribute hand_out give_out, remove take_away clear, cover span extend, comprise consist make_up
account_for represent, contain hold include have, live household reside home, house home dwelling, people
person resident inhabitant citizen, child pupil kid student youngster, under-five, woman female, man male,
car vehicle, lorry truck, plane aircraft jet, ship vessel boat, train rail, road highway, town city
municipality, village hamlet, area region zone district, country nation state, big large huge, small
little, far distance lie located situated, near close_to, about some around, over because concerning, warm
heat, main chief principal key, biggest largest, several various, another further additional more extra
other, rest remain other, almost nearly, later afterwards subsequently after, again once_more, opponent
critic, spokesperson spokesman spokeswoman speak_for spoke_for speaking_for, representative delegate,
chief head, deputy vice, agency office bureau authority, organisation organization group body, charity ngo
non-profit, team crew, expert specialist, official officer authority, teacher educator, farmer grower,
crop harvest, maize corn, cattle cow livestock, water supply, forest woodland, river stream, coast shore
seaside, sea ocean, pollute contaminate contamination pollution, waste rubbish garbage refuse, dump
discharge, emission release, species kind, temperature heat, promote enhance stimulate activate facilitate
trigger boost, inhibit suppress impede block impair prevent hinder, prevent stop block keep_from, block
blockade obstruct, cause trigger prompt bring_about brought_about lead_to led_to provoke spark result_in,
because owing_to due_to because_of as_a_result_of on_account_of thanks_to, although though despite while,
fail not_manage not_succeed unable_to, largely mainly mostly, twice two_times, majority most, fortnight
two_week
"""
_MORE = """
fall_ill fell_ill become_ill became_ill fall_sick fell_sick ill sick sicken, favour favor support back
approve, gain_access gained_access access break_into broke_into hack, comply meet satisfy fulfil fulfill
respect, exceed excess too_much too_many excessive too_high, introduce impose begin come_into_force,
lose_their_job lose_job job_loss cost_their_job job_cut redundancy, operation action service use,
inhabitant population resident people citizen live, say complain insist claim argue, rely depend, replace
swap substitute change, teach instruct, learn find_out hear, explain clarify, refuse decline, force compel
oblige make lead_to, stop prevent, add include, last take go_on, attend take_part took_part participate
join present, visitor tourist guest attend, crowd audience, marcher march protester, gather assemble rally
meet, meeting talk session summit, vote ballot poll, ballot_paper vote, count tally, victim casualty,
suspect suspected, thief robber burglar, steal rob theft robbery loot, gun weapon firearm, bomb explosive,
drug narcotic, smuggler trafficker, jail prison, prisoner inmate detainee, migrant refugee asylum_seeker,
border frontier, guard patrol, coastguard coast_guard, navy naval, airport airfield, flight plane,
passenger traveller traveler, driver motorist, cyclist bicycle bike, bus coach, car automobile vehicle,
railway rail train line, station stop, tunnel underpass, bridge crossing, harbour harbor port, dock quay,
fisherman fisher fishermen, catch haul, boat vessel, tourist visitor, hotel guesthouse, shop store,
shopkeeper retailer, supermarket grocer, factory manufacturer, miner mineworker, dig excavate, ore
mineral, oil petroleum crude, gas natural_gas, fuel petrol diesel, coal lignite, solar photovoltaic, wind
turbine, renewable renewables green, reactor nuclear_plant, dam barrage, reservoir lake, drinking_water
tap_water, sewage wastewater, toxic poisonous hazardous, chemical substance, poison toxin, bird seabird,
plant grow, seedling sapling, farm farmland field, grain cereal, rice paddy, sheep flock, milk dairy, egg
poultry, beekeeper apiarist, hive colony, fertiliser fertilizer, pesticide insecticide, rent tenant, flat
apartment, landlord owner, tenant renter, mortgage loan, pension retirement, pensioner retiree, elderly
older old, young youth, baby infant newborn, mother maternal, birth born, operation surgery, surgeon
surgery, test trial, volunteer participant, scientist researcher academic, university college, professor
academic, exam test, book volume, library archive, museum gallery, painting picture, carving sculpture,
concert performance, film movie, newspaper daily press, journalist reporter, reporter correspondent,
editor publisher, broadcast air, website site online, hacker attacker intruder, data information, computer
machine, customer subscriber, user customer, bill invoice, interest_rate key_rate, inflation price_rise,
currency money, analyst economist, growth expand, recession downturn, unemployment jobless, minister
secretary, mayor city_chief, councillor council, senator senate, king monarch, prime_minister premier,
party movement, coalition alliance, opposition opponent, campaign drive, candidate contender runner,
turnout participation, referendum vote plebiscite, constitution charter, treaty convention, embassy
diplomat, ambassador envoy, envoy representative, un united_nations, eu european_union, uk britain,
percentage percent share, third one-third, quarter one-quarter, twice double, triple threefold three_times
treble, halve half, narrow slim, heavy torrential severe, severe serious grave, serious critical, slight
minor small, rapid quick fast swift, quick soon, slow gradual, early premature, late delayed, delay late
hold_up held_up, frequent often, rare seldom, old ancient historic, entire whole all, total overall,
additional further, enough sufficient, necessary needed, possible potential, likely probable, false untrue
wrong, true correct right, clean decontaminate, empty vacant, broken faulty defective out_of_order, fault
defect failure, error mistake, safe secure, danger risk threat hazard, dangerous hazardous, emergency
crisis, disaster catastrophe, accident incident crash, cause reason, effect impact consequence, aim goal
purpose, way means method, idea proposal plan, plan scheme project, programme program scheme project, step
measure, measure action, result outcome finding, report document paper review, figure number data, list
register, rule requirement, condition term, part share section, top summit peak, edge outskirt, centre
center middle heart, north northern, south southern, east eastern, west western
"""
_VIETNAMESE = """
tăng tăng_lên gia_tăng đi_lên, giảm giảm_xuống sụt sụt_giảm đi_xuống, chết tử_vong thiệt_mạng qua_đời
làm_chết cướp_đi, bị_thương thương_tích, xây xây_dựng dựng, mua mua_lại thâu_tóm, phá_hủy tàn_phá phá_huỷ
hủy_hoại, bắt bắt_giữ tạm_giữ, trả trả_lương chi_trả thanh_toán, nhận_được được_trả được_nhận được_cấp
nhận, học_sinh trường, đóng_cửa ngừng_hoạt_động dừng_hoạt_động, mở_lại mở_cửa_trở_lại hoạt_động_trở_lại
hoạt_động_lại, do vì bởi bởi_vì vì_lý_do nhờ, gây gây_ra khiến làm dẫn_đến, theo cho_biết nói cho_hay
thông_báo công_bố tuyên_bố báo_cáo, dự_kiến dự_định có_kế_hoạch lên_kế_hoạch sẽ, hoàn_thành hoàn_tất xong,
bắt_đầu khởi_động mở_màn, kết_thúc chấm_dứt, tổ_chức diễn_ra, doanh_nghiệp công_ty hãng, công_nhân
người_lao_động lao_động nhân_viên, nhà_máy xưởng, sản_lượng sản_xuất, tuyển tuyển_dụng thuê, sa_thải
cho_thôi_việc cắt_giảm, từ_chức thôi_chức rời_chức, bổ_nhiệm chỉ_định, phạt xử_phạt phạt_tiền, kết_án
tuyên_án tuyên_phạt phạt, tù ngồi_tù án_tù, kiện khởi_kiện, phê_duyệt thông_qua chấp_thuận, bác_bỏ từ_chối
khước_từ, đồng_ý chấp_nhận, yêu_cầu đòi_hỏi đề_nghị, hỗ_trợ giúp_đỡ giúp trợ_giúp, sơ_tán di_dời
sơ_tán_khỏi, trẻ_em trẻ con_em, phụ_nữ nữ, nhà ngôi_nhà căn_nhà hộ, đạt đạt_được, vượt vượt_quá cao_hơn
trên, dưới thấp_hơn, hơn nhiều_hơn trên, khoảng gần chừng, cháy hỏa_hoạn vụ_cháy đám_cháy, lũ lũ_lụt
ngập_lụt, bão cơn_bão, phát_hiện tìm_thấy, xuất_khẩu bán_ra, điều_tra thanh_tra kiểm_tra, tiêm tiêm_chủng
tiêm_phòng tiêm_vắc_xin, bệnh ca_bệnh ca_mắc, giữ_nguyên không_đổi, vẫn tiếp_tục, còn xuống_còn, cung_cấp
cấp, so_với cao_hơn_so_với, cùng_kỳ cùng_thời_kỳ, doanh_thu doanh_số, lợi_nhuận lãi
"""
_INDONESIAN = """
naik meningkat bertambah tumbuh kenaikan peningkatan, turun menurun berkurang merosot penurunan anjlok,
tewas meninggal meninggal_dunia wafat korban_jiwa kehilangan_nyawa, luka terluka cedera luka-luka,
membangun mendirikan, dibangun didirikan pembangunan, rusak hancur, runtuh ambruk roboh, ditahan ditangkap
penangkapan, menangkap menahan, memakai menggunakan, mulai dimulai, sekolah madrasah, pemerintah negara,
karena akibat disebabkan lantaran gara-gara berkat, menurut kata ujar mengatakan menyatakan menyebutkan
melaporkan, selesai rampung menyelesaikan merampungkan diselesaikan, ditutup tutup berhenti_beroperasi
menutup, dibuka membuka, dibuka_kembali beroperasi_kembali beroperasi_lagi, membeli mengakuisisi, menjual
melepas, berencana akan hendak berniat merencanakan, perusahaan firma emiten, karyawan pekerja buruh
pegawai tenaga_kerja, pabrik kilang, menyetujui mengesahkan, menolak menampik, mengundurkan_diri mundur,
dipecat diberhentikan di-PHK, mengangkat menunjuk, dihukum divonis dijatuhi_hukuman, penjara kurungan,
menggugat gugatan, denda didenda, kebakaran api, banjir air_bah, mengungsi dievakuasi, warga penduduk
orang, anak anak-anak, perempuan wanita, rumah hunian, menjadi sebesar mencapai, melebihi melampaui
di_atas, di_bawah kurang_dari, sebelumnya sebelum lalu, laba keuntungan, pendapatan omzet penjualan, utang
pinjaman, produksi hasil, membagikan menyalurkan mendistribusikan, membantu bantuan, memberikan memberi
menyerahkan, ditemukan menemukan, diresmikan peresmian, vaksinasi imunisasi divaksin, pasien penderita,
kasus kejadian, jalan jalur, kapal perahu, bekerja dipekerjakan, mempekerjakan pekerja, pemilih
pemilik_hak_pilih, terdaftar tercatat, setahun satu_tahun, dua_kali_lipat berlipat_dua, menghentikan
berhenti
"""
_CHINESE = """
上升 增加 增长 提高 上涨 攀升 升至 增至, 下降 减少 降低 下跌 下滑 降至 减至, 死亡 丧生 遇难 身亡 死, 受伤
负伤 伤, 建造 修建 兴建 建设 建成, 购买 收购 买下 购入, 出售 卖出 售出, 雇用 聘用 招聘 招募, 员工 职工
工人 雇员, 关闭 停业 关停 停产, 重新开放 恢复开放 重开, 重启 恢复, 完成 竣工 完工, 开始 启动 展开, 停止
终止 中止 暂停, 判处 判刑 判决 获刑 被判, 逮捕 拘留 抓获, 无罪 无罪释放 宣告无罪, 批准 通过 核准, 拒绝
否决 驳回, 表示 称 说 指出 宣布 透露, 据 根据, 计划 打算 拟 将, 由于 因为 因 受 原因, 营业额 营收 收入
销售额, 净利润 利润 盈利, 公司 企业 集团, 工厂 厂, 全市 全省 全县 全国 当地 该市 该省, 火灾 大火 起火,
扑灭 扑救, 洪水 洪灾 水灾, 地震 强震, 台风 风暴, 疏散 撤离 转移, 接种 注射 打了, 患者 病人 病例, 学校
院校, 居民 民众 市民 村民, 超过 高于 逾 多于, 低于 不到 不足, 约 大约 左右, 同比 比上年 较上年
与上年同期相比, 辞职 辞去 卸任, 任命 委任, 起诉 控告 提告, 罚款 处罚 罚金, 签署 签订, 协议 协定, 捐赠 捐出
捐, 送去 运送 提供 发放, 调查 审查, 发现 检出 查出, 贿赂 受贿 行贿, 前任 原 前, 一半 半数 五成, 仍 依然
仍然 还, 举行 举办 召开, 恢复 重新, 倒塌 坍塌 垮塌, 沉没 翻沉
"""

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "en": tuple(entry for table in (_CHANGES, _COURTS, _DECISIONS, _MONEY, _EVENTS, _DOING, _MORE)
                for entry in lines(table)),
    "vi": tuple(lines(_VIETNAMESE)),
    "id": tuple(lines(_INDONESIAN)),
    "zh": tuple(lines(_CHINESE)),
}  # fmt: skip
"""The groups of synonyms by language. Each group is one string."""
